"""What was known at a moment of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import MalformedSymbolError, NotYetKnownError
from ibkr_sync.domain.history.moments import PastMoment, parse_last_moment, parse_moment
from ibkr_sync.domain.naming.limits import UNLIMITED
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.library.arguments import (
    Days,
    Narrowing,
    Since,
    Symbol,
    choice_of,
    nearest_rule_of,
    written_moment,
)
from ibkr_sync.library.session import Session, only, query_of
from ibkr_sync.library.tables import Contracts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind
    from ibkr_sync.domain.entities.market_rules import MarketRule


class PastData:
    """The stored data as of a moment; `futures.as_of("2026-10-01")` makes it.

    A date is its end in UTC, with all that runs left which began on it.
    """

    def __init__(self, session: Session, moment: Since) -> None:
        self._session = session
        self._moment = written_moment(moment, session.now())

    def __repr__(self) -> str:
        return f"<PastData: {self._session.database} as of {self._moment}>"

    def product(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> Future:
        """The product with its chain as it was known; raises NotYetKnownError."""
        with self._session.reading() as services:
            return self._session.known(services, symbol, limits, self._past)[0]

    def contract(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> FuturesContract:
        """The contract as it was known; raises NotYetKnownError or ContractNotFoundError."""
        with self._session.reading() as services:
            _, contract = self._session.known(services, symbol, limits, self._past)
        if contract is None:
            raise MalformedSymbolError(str(symbol), "contract")
        return contract

    def ladders(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> dict[int, MarketRule]:
        """The tick ladders of a product or contract that applied then, by their ids."""
        past = self._past
        with self._session.reading() as services:
            product = only(*self._session.known(services, symbol, limits, past))
            return services.dated_products.ladders(product, past)

    def contracts(
        self,
        *symbols: Symbol,
        exchange: str | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        expired: bool = False,
    ) -> Contracts:
        """The contracts of products as they were known, or of all that was stored then."""
        past = self._past
        selection = ChainSelection(series=choice_of(SeriesChoice, series), expired=expired)
        with self._session.reading() as services:
            return Contracts(
                (
                    (product, contract)
                    for product in self._products(services, symbols, exchange, past)
                    for contract in selection.shown(product, past.at)
                ),
                past.at,
            )

    def next(
        self,
        symbol: Symbol,
        *,
        side: str | PositionSide = PositionSide.LONG,
        by: str | HoldLimitKind | None = None,
        days_before: Days | None = None,
        months: str | Collection[int] | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        **limits: Unpack[Narrowing],
    ) -> FuturesContract:
        """The nearest contract that might be held then; the moment may lie ahead.

        A date is its noon in UTC. Raises NoTradableContractError or AmbiguousContractError.
        """
        rule = nearest_rule_of(side, by, days_before, months, series)
        moment = parse_moment(self._moment, self._session.now()).at
        with self._session.reading() as services:
            judged = self._session.judge(services, symbol, rule, limits, moment)
        return judged.nearest().contract

    @property
    def _past(self) -> PastMoment:
        return parse_last_moment(self._moment, self._session.now())

    def _products(
        self,
        services: Services[Future],
        symbols: Collection[Symbol],
        exchange: str | None,
        past: PastMoment,
    ) -> Iterator[Future]:
        for symbol in symbols:
            yield only(*self._session.known(services, symbol, {"exchange": exchange}, past))
        if symbols:
            return
        code = None if exchange is None else services.futures.known_exchange(exchange)
        for summary in services.futures.list_products():
            if summary.origin is Origin.CATALOGUE or not summary.is_of(code):
                continue
            query = query_of(summary.key)
            product = services.futures.show(query)
            try:
                yield services.dated_products.as_known(product, past, query, UNLIMITED)
            except NotYetKnownError:
                continue
