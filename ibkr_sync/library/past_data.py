"""What was known at a moment of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.history.moments import PastMoment, parse_last_moment, parse_moment
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
from ibkr_sync.library.session import Session, only
from ibkr_sync.library.tables import Contracts, Products

if TYPE_CHECKING:
    from collections.abc import Collection

    from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync.domain.entities.market_rules import MarketRule


class PastData:
    """The stored data as of a moment; `futures.as_of("2026-10-01")` makes it.

    A date is its end in UTC, with all that runs left which began on it. Of a moment that lies ahead
    `next` and `explain_next` can be asked, the others raise ValueError. Order types, sizes of
    orders, `settlement_method` and hours have no history, and are as unknown.
    """

    def __init__(self, session: Session, moment: Since) -> None:
        self._session = session
        self._moment = written_moment(moment, session.now())
        parse_moment(self._moment, session.now())

    def __repr__(self) -> str:
        return f"<PastData: {self._session.database} as of {self._moment}>"

    def product(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> Future:
        """The product with its chain as it was known; raises NotYetKnownError."""
        with self._session.reading() as services:
            return self._session.known(services, symbol, limits, self._past)[0]

    def products(self, *symbols: Symbol, **limits: Unpack[Narrowing]) -> Products:
        """Products with their chains as they were known, or all that were stored then."""
        past = self._past
        with self._session.reading() as services:
            return Products(self._session.products(services, symbols, limits, past), past.at)

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
        series: str | SeriesChoice = SeriesChoice.USUAL,
        expired: bool = False,
        **limits: Unpack[Narrowing],
    ) -> Contracts:
        """The contracts of products as they were known, or of all that was stored then."""
        past = self._past
        selection = ChainSelection(series=choice_of(SeriesChoice, series), expired=expired)
        with self._session.reading() as services:
            return Contracts(
                (
                    (product, contract)
                    for product in self._session.products(services, symbols, limits, past)
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
        return self._judged(symbol, rule, limits).nearest().contract

    def explain_next(
        self,
        symbol: Symbol,
        *,
        side: str | PositionSide = PositionSide.LONG,
        by: str | HoldLimitKind | None = None,
        days_before: Days | None = None,
        months: str | Collection[int] | None = None,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        **limits: Unpack[Narrowing],
    ) -> NearestJudgements:
        """Why `next` gives its contract: every contract of the chain, with what objected to it."""
        return self._judged(symbol, nearest_rule_of(side, by, days_before, months, series), limits)

    def _judged(self, symbol: Symbol, rule: NearestRule, limits: Narrowing) -> NearestJudgements:
        moment = parse_moment(self._moment, self._session.now()).at
        with self._session.reading() as services:
            return self._session.judge(services, symbol, rule, limits, moment)

    @property
    def _past(self) -> PastMoment:
        return parse_last_moment(self._moment, self._session.now())
