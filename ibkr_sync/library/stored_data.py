"""Questions that the database answers: no gateway is asked, and nothing is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.delivery.rolls import parse_roll_rule
from ibkr_sync.domain.durations import refuse_no_time
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.errors import MalformedSymbolError, UnknownRunError
from ibkr_sync.domain.history.events import RECORDED_FIELDS, events_at_least
from ibkr_sync.domain.history.moments import parse_end, parse_first_moment
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.hours.product_hours import HoursOfProduct, product_hours
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.library.arguments import (
    Days,
    Narrowing,
    Since,
    Span,
    choice_of,
    day_of,
    days_ahead_of,
    groups_of,
    limits_of,
    months_of,
    nearest_rule_of,
    span_of,
    written_moment,
)
from ibkr_sync.library.past_data import PastData
from ibkr_sync.library.session import Session, note_taken, only, query_of
from ibkr_sync.library.tables import Contracts, Events, Expirations, Products, Rolls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from ibkr_sync.application.services.freshness import FreshnessReport
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
    from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements
    from ibkr_sync.domain.entities.catalogue import CatalogueProduct
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.hours.hours_by_day import HoursOfDay
    from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun


class StoredData:
    """What is stored, in the words of the commands.

    A symbol is whatever people call a product or a contract: `ES`, `6E`, `CL@NYMEX`, `FDAX`,
    `ESZ6`, `ES 202612`, a conId. `exchange`, `currency`, `trading_class` and `multiplier` narrow
    what it may mean. Every method raises ValueError for an argument that can't be read, and
    otherwise errors of the tree of `IbkrSyncError`: ProductLookupError for a symbol that names no
    single product or contract, StorageError for the database.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def product(self, symbol: str, **limits: Unpack[Narrowing]) -> Future:
        """The product with its whole chain and delivery dates, as `show` has it.

        One that a `get` took from the catalogue alone has no contracts (`is_stub`).

        >>> es = futures.product("ES")
        >>> es.name, es.multiplier, es.tick_value
        ('E-mini S&P 500', Decimal('50'), Decimal('12.50'))
        """
        with self._session.reading() as services:
            return self._session.known(services, symbol, limits)[0]

    def products(self, *symbols: str, exchange: str | None = None) -> Products:
        """Products with their chains, or all that are stored.

        >>> [product.symbol for product in futures.products(exchange="CME")]
        ['ES']
        """
        with self._session.reading() as services:
            return Products(self._products(services, symbols, exchange), self._session.now())

    def contract(self, symbol: str, **limits: Unpack[Narrowing]) -> FuturesContract:
        """The contract, with its delivery dates.

        Raises NeverFetchedError, ContractNotFoundError or AmbiguousContractError too, and
        MalformedSymbolError for a product.

        >>> z6 = futures.contract("ESZ6")
        >>> z6.last_trade_date, z6.tick_value
        (datetime.date(2026, 12, 18), Decimal('12.50'))
        """
        with self._session.reading() as services:
            _, contract = self._session.known(services, symbol, limits)
        if contract is None:
            raise MalformedSymbolError(symbol, "contract")
        return contract

    def contracts(
        self,
        *symbols: str,
        exchange: str | None = None,
        expiring: Days | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        expired: bool = False,
    ) -> Contracts:
        """Contracts of products, or of all that is stored.

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
                    for product in self._products(services, symbols, exchange)
                    for contract in selection.shown(product, now)
                    if ending is None or contract.con_id in ending
                ),
                now,
            )

    def ladders(self, symbol: str, **limits: Unpack[Narrowing]) -> dict[int, MarketRule]:
        """The tick ladders of a product or contract, by the id that its `venues` name.

        In currency units, as `min_tick`; `quoted(price_magnifier)` has them in quoted prices.

        >>> (ladder,) = futures.ladders("ES").values()
        >>> ladder.market_rule_id, ladder.increments[0].increment
        (67, Decimal('0.25'))
        """
        with self._session.reading() as services:
            product = only(*self._session.known(services, symbol, limits))
            return services.dated_products.ladders(product, None)

    def next(
        self,
        symbol: str,
        *,
        side: str | PositionSide = PositionSide.LONG,
        by: str | HoldLimitKind | None = None,
        days_before: Days | None = None,
        months: str | Collection[int] | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        **limits: Unpack[Narrowing],
    ) -> FuturesContract:
        """The nearest contract of a product that may be held.

        It passes over what is past its last trade, first notice or IBKR's cut-off, or less than
        `days_before` such a date (`5`, or `"5bd"` business days). `by` is the one date that counts:
        `last-trade`, `notice` or `cutoff`; `months` are letters, as `"HMUZ"`, or numbers. Raises
        NoTradableContractError or AmbiguousContractError too. `explain_next` says why.

        >>> gc = futures.next("GC", days_before="5bd")
        >>> gc.local_symbol, gc.delivery.long_cutoff, gc.delivery.sources["long_cutoff"].source
        ('GCF7', datetime.date(2026, 12, 29), "IBKR's standard policy")
        """
        rule = nearest_rule_of(side, by, days_before, months, series)
        with self._session.reading() as services:
            return self._session.judge(services, symbol, rule, limits).nearest().contract

    def explain_next(
        self,
        symbol: str,
        *,
        side: str | PositionSide = PositionSide.LONG,
        by: str | HoldLimitKind | None = None,
        days_before: Days | None = None,
        months: str | Collection[int] | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        **limits: Unpack[Narrowing],
    ) -> NearestJudgements:
        """Why `next` gives its contract: every contract of the chain, with what objects to it.

        `nearest()` of the answer has until when the contract may be held, and what is not certain.

        >>> judged = futures.explain_next("GC")
        >>> [(item.contract.local_symbol, str(item.objection)) for item in judged.passed_over]
        [('GCX6', 'expired'), ('GCZ6', 'cutoff')]
        """
        rule = nearest_rule_of(side, by, days_before, months, series)
        with self._session.reading() as services:
            return self._session.judge(services, symbol, rule, limits)

    def changes(
        self,
        symbol: str | None = None,
        *,
        since: Since | None = None,
        until: Since | None = None,
        run: int | None = None,
        severity: str | Severity = Severity.INFO,
        **limits: Unpack[Narrowing],
    ) -> Events:
        """What changed, what matters most first: of a product or contract, or of all.

        Since a week before `until`, which is now, unless said otherwise; or in one `run`. Raises
        UnknownRunError too.

        >>> for event in futures.changes("ES", since="7d", severity="critical"):
        ...     print(event)
        EXPIRY_MOVED ESM7 2027-06-17 -> 2027-06-16
        """
        now, least = self._session.now(), choice_of(Severity, severity)
        if run is not None and (since, until) != (None, None):
            raise ValueError("a run is a span of its own: leave out since and until")
        end = None if until is None else parse_end(written_moment(until, now), now)
        from_when = now if since else end or now
        begin = parse_first_moment(written_moment(since or _LATELY, from_when), from_when)
        if end is not None and end < begin:
            raise ValueError(f"until, {end}, is before since, {begin}")
        with self._session.reading() as services:
            product, contract = None, None
            if symbol is not None:
                found, contract = self._session.find(services, symbol, limits)
                product = found.key
            if run is not None:
                _refuse_unknown_run(services, run)
                events = services.history.of_run(run, product, contract)
            else:
                events = services.history.changes(begin, now, product, contract, until=end)
        return Events(events_at_least(least, events))

    def history(
        self, symbol: str, *, field: str | None = None, **limits: Unpack[Narrowing]
    ) -> Events:
        """All that was recorded of a contract, or of a product with its contracts, newest last.

        >>> [event.type.value for event in futures.history("GCF7")]
        ['NEW']
        """
        if field is not None and field not in RECORDED_FIELDS:
            raise ValueError(f"{field!r} is none of {', '.join(sorted(RECORDED_FIELDS))}")
        now = self._session.now()
        with self._session.reading() as services:
            product, contract = self._session.find(services, symbol, limits)
            if contract is None:
                events = services.history.of_product(product.key, now).events
            else:
                events = services.history.of_contract(product.key, contract, now).events
        return Events(event for event in events if field in (None, event.field))

    @overload
    def hours(
        self, symbol: str, *, on: None = None, liquid: bool = False, **limits: Unpack[Narrowing]
    ) -> HoursOfProduct: ...

    @overload
    def hours(
        self, symbol: str, *, on: str | date, liquid: bool = False, **limits: Unpack[Narrowing]
    ) -> HoursOfDay: ...

    def hours(
        self,
        symbol: str,
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
        *symbols: str,
        within: Days = "30d",
        exchange: str | None = None,
        watched: bool = False,
        groups: str | Collection[str] = (),
    ) -> Expirations:
        """A calendar: last trades, first notices and IBKR's cut-offs, day by day.

        Of all that is stored, or of some products, of an exchange, of the watchlist or of groups
        of it. Raises UnknownExchangeError or UnknownGroupError too.

        >>> [(str(one.day), one.kind.value) for one in futures.expirations("GC", within=2)]
        [('2026-11-30', 'notice')]
        """
        now, days = self._session.now(), days_ahead_of(within)
        with self._session.reading() as services:
            code = None if exchange is None else services.futures.known_exchange(exchange)
            named = self._session.find_all(services, symbols, {"exchange": exchange})
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
        symbol: str,
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
        parsed = parse_roll_rule(rule.strip().lower(), choice_of(PositionSide, side))
        wanted = months_of(months)
        with self._session.reading() as services:
            query = self._session.query_of_product(services, symbol, limits_of(limits))
            product = services.futures.stored(query, note_taken)
            now = self._session.now()
            found = services.deliveries.rolls(product, parsed, now, months=wanted, years=years)
        return Rolls(found)

    def list(self, *, exchange: str | None = None) -> tuple[ProductSummary, ...]:
        """The stored products at a glance, by symbol; raises UnknownExchangeError too.

        >>> [str(product.key) for product in futures.list()]
        ['CL@NYMEX (CL)', 'ES@CME (ES)', 'GC@COMEX (GC)', 'VIX@CFE (VX)']
        """
        with self._session.reading() as services:
            code = None if exchange is None else services.futures.known_exchange(exchange)
            return tuple(one for one in services.futures.list_products() if one.is_of(code))

    def check(
        self, *, max_age: Span = "26h", groups: str | Collection[str] = ()
    ) -> FreshnessReport:
        """Whether what is watched, or all that is stored, is fresh; `is_ok` says it in a word.

        >>> report = futures.check()
        >>> report.is_ok, report.checked
        (True, 4)
        """
        age = refuse_no_time(span_of(max_age))
        with self._session.reading() as services:
            return services.freshness.check(age, self._session.now(), groups_of(groups))

    def runs(self, *, last: int = 10) -> tuple[RecordedRun, ...]:
        """The last runs that asked for data, the newest first.

        >>> [(run.kind.value, run.succeeded) for run in futures.runs(last=1)]
        [('refresh', 4)]
        """
        with self._session.reading() as services:
            return services.runs.last_runs(last)

    def outcomes(self, run: int) -> tuple[RecordedProduct, ...]:
        """What came of each product of a run; raises UnknownRunError too."""
        with self._session.reading() as services:
            _refuse_unknown_run(services, run)
            return services.runs.products_of(run)

    def catalogue(self, pattern: str | None = None) -> tuple[CatalogueProduct, ...]:
        """What is known of products without asking IBKR, your own of the settings included.

        The pattern is a symbol, exchange, class, code, type or word of the name, or has `*` and
        `?`.

        >>> [product.symbol for product in futures.catalogue("FDXM")]
        ['DAX']
        """
        from ibkr_sync.bootstrap.catalogue import catalogue_products

        return tuple(catalogue_products(self._session.profile, pattern))

    def audit(
        self, *symbols: str, severity: str | Severity = Severity.INFO
    ) -> tuple[Disagreement, ...]:
        """Where IBKR, rules, the catalogue and imports disagree, what matters most first."""
        least = choice_of(Severity, severity)
        with self._session.reading() as services:
            named = self._session.find_all(services, symbols, {})
            keys = {product.key for product in named} if symbols else None
            found = services.audit.disagreements(self._session.now(), keys)
        return tuple(one for one in found if one.severity.rank >= least.rank)

    def as_of(self, moment: Since) -> PastData:
        """What was known at a moment: a date is its end in UTC, `7d` was a week ago.

        >>> len(futures.as_of("2026-11-24").contracts("VX"))
        9
        """
        return PastData(self._session, moment)

    def _products(
        self, services: Services[Future], symbols: Collection[str], exchange: str | None
    ) -> Iterator[Future]:
        """The products that symbols mean, or all that a source has reported, with their dates."""
        for symbol in symbols:
            yield only(*self._session.known(services, symbol, {"exchange": exchange}))
        if symbols:
            return
        code = None if exchange is None else services.futures.known_exchange(exchange)
        for summary in services.futures.list_products():
            if summary.origin is not Origin.CATALOGUE and summary.is_of(code):
                yield services.deliveries.dated(services.futures.show(query_of(summary.key)))


_LATELY = "7d"


def _refuse_unknown_run(services: Services[Future], run: int) -> None:
    if services.runs.run(run) is None:
        raise UnknownRunError(run)
