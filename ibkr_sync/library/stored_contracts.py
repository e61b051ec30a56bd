"""Products, contracts and their dates: the database answers, and nothing is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.delivery.rolls import parse_roll_rule
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.hours.product_hours import HoursOfProduct, product_hours
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.library.arguments import (
    Days,
    Narrowing,
    Since,
    Symbol,
    choice_of,
    count_of,
    day_of,
    days_ahead_of,
    groups_of,
    limits_of,
    months_of,
    refuse_other_types,
)
from ibkr_sync.library.chain_answers import ChainAnswers
from ibkr_sync.library.past_data import PastData
from ibkr_sync.library.session import note_taken, only
from ibkr_sync.library.tables import Contracts, Expirations, Rolls

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from ibkr_sync.domain.hours.hours_by_day import HoursOfDay


class StoredContracts(ChainAnswers):
    """Questions about products and contracts (see `Answers`)."""

    def contracts(
        self,
        *symbols: Symbol,
        expiring: Days | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        expired: bool = False,
        **limits: Unpack[Narrowing],
    ) -> Contracts:
        """Contracts of products, or of all that is stored, or of an exchange.

        `expiring` leaves those that end or give notice within so many days, as `expirations` has
        it. Expired and delisted contracts are left out unless `expired`; `series` is `usual`
        (monthly, if there are any), `all`, `monthly`, `weekly` or `daily`.

        >>> [contract.local_symbol for contract in futures.contracts("GC", expiring="30d")]
        ['GCZ6', 'GCF7']
        """
        now = self._session.now()
        selection = ChainSelection(series=choice_of(SeriesChoice, series), expired=expired)
        within = None if expiring is None else days_ahead_of(expiring)
        with self._session.reading() as services:
            ending = None
            if within is not None:
                calendar = services.calendar.calendar(now, within)
                ending = {one.delivering.contract.con_id for one in calendar.expirations}
            return Contracts(
                (
                    (product, contract)
                    for product in self._session.products(services, symbols, limits)
                    for contract in selection.shown(product, now)
                    if ending is None or contract.con_id in ending
                ),
                now,
            )

    @overload
    def hours(
        self, symbol: Symbol, *, on: None = None, liquid: bool = False, **limits: Unpack[Narrowing]
    ) -> HoursOfProduct: ...

    @overload
    def hours(
        self, symbol: Symbol, *, on: str | date, liquid: bool = False, **limits: Unpack[Narrowing]
    ) -> HoursOfDay: ...

    def hours(
        self,
        symbol: Symbol,
        *,
        on: str | date | None = None,
        liquid: bool = False,
        **limits: Unpack[Narrowing],
    ) -> HoursOfProduct | HoursOfDay:
        """When a product trades: its `calendar` has the sessions, in UTC, and `is_open(at)`.

        From today on, as far as IBKR sent them; or on one day of the exchange, also a past one.
        Raises HoursUnknownError too.

        >>> calendar = futures.hours("ES").calendar
        >>> str(calendar.sessions[0])
        '2026-11-29T23:00Z/2026-11-30T22:00Z'
        """
        now = self._session.now()
        kind = HoursKind.LIQUID if liquid else HoursKind.TRADING
        with self._session.reading() as services:
            product = only(*self._session.find(services, symbol, limits))
            if on is None:
                return product_hours(product, now, kind)
            return services.past_hours.on(product, day_of(on), kind, now)

    def expirations(
        self,
        *symbols: Symbol,
        within: Days = "30d",
        watched: bool = False,
        groups: str | Collection[str] = (),
        **limits: Unpack[Narrowing],
    ) -> Expirations:
        """A calendar: last trades, first notices and IBKR's cut-offs, day by day.

        Of all that is stored, or of some products, of an exchange, of the watchlist or of groups
        of it. Raises UnknownExchangeError or UnknownGroupError too.

        >>> [(str(one.day), one.kind.value) for one in futures.expirations("GC", within=2)]
        [('2026-11-30', 'notice')]
        """
        now, days = self._session.now(), days_ahead_of(within)
        with self._session.reading() as services:
            code = None if symbols else self._session.exchange_code(services, limits)
            named = self._session.find_all(services, symbols, limits)
            calendar = services.calendar.calendar(
                *(now, days),
                named=named if symbols else None,
                exchange=code,
                watched=watched,
                groups=groups_of(groups),
            )
        return Expirations(calendar.expirations)

    def rolls(
        self,
        symbol: Symbol,
        *,
        rule: str = "cutoff-1bd",
        side: str | PositionSide = PositionSide.LONG,
        months: str | Collection[int] | None = None,
        years: int = 2,
        **limits: Unpack[Narrowing],
    ) -> Rolls:
        """When a position moves from contract to contract, and why, so many years back and ahead.

        `rule` is `notice-3bd`, `last-trade-5bd`, `cutoff-1bd` or `day-15`.

        >>> roll = futures.rolls("ES", rule="last-trade-5bd")[0]
        >>> str(roll.day), roll.leaving.local_symbol, roll.entering.local_symbol
        ('2026-12-11', 'ESZ6', 'ESH7')
        """
        refuse_other_types("rule", rule, str)
        parsed = parse_roll_rule(rule.strip().lower(), choice_of(PositionSide, side))
        wanted, span = months_of(months), count_of("years", years, _MOST_YEARS)
        with self._session.reading() as services:
            query = self._session.query_of_product(services, symbol, limits_of(limits))
            product = services.futures.stored(query, note_taken)
            now = self._session.now()
            found = services.deliveries.rolls(product, parsed, now, months=wanted, years=span)
        return Rolls(found)

    def as_of(self, moment: Since) -> PastData:
        """What was known at a moment: a date is its end in UTC, `7d` was a week ago.

        >>> len(futures.as_of("2026-11-24").contracts("VX"))
        9
        """
        return PastData(self._session, moment)


_MOST_YEARS = 20
