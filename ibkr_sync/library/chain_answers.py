"""Products, contracts and the nearest of them, as they are or were stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.library.answers import Answers
from ibkr_sync.library.arguments import Days, Narrowing, Symbol, nearest_rule_of
from ibkr_sync.library.session import only
from ibkr_sync.library.tables import Products

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.history.moments import PastMoment


class ChainAnswers(Answers):
    """Questions about products and contracts that the past can be asked as well (see `Answers`)."""

    def product(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> Future:
        """The product with its whole chain and delivery dates, as `show` has it.

        One that a `get` took from the catalogue alone has no contracts (`is_stub`). Of the past it
        raises NotYetKnownError.

        >>> es = futures.product("ES")
        >>> es.name, es.multiplier, es.tick_value
        ('E-mini S&P 500', Decimal('50'), Decimal('12.50'))
        """
        with self._session.reading() as services:
            return self._session.known(services, symbol, limits, self._past)[0]

    def products(self, *symbols: Symbol, **limits: Unpack[Narrowing]) -> Products:
        """Products with their chains, or all that are stored, or those of an exchange.

        >>> [product.symbol for product in futures.products(exchange="CME")]
        ['ES']
        """
        past = self._past
        with self._session.reading() as services:
            products = self._session.products(services, symbols, limits, past)
            return Products(products, self._session.now() if past is None else past.at)

    def contract(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> FuturesContract:
        """The contract, with its delivery dates.

        Raises NeverFetchedError (of the past NotYetKnownError), ContractNotFoundError or
        AmbiguousContractError too, and MalformedSymbolError for a product.

        >>> z6 = futures.contract("ESZ6")
        >>> z6.last_trade_date, z6.tick_value
        (datetime.date(2026, 12, 18), Decimal('12.50'))
        """
        with self._session.reading() as services:
            _, contract = self._session.known(services, symbol, limits, self._past)
        if contract is None:
            raise MalformedSymbolError(str(symbol), "contract")
        return contract

    def ladders(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> dict[int, MarketRule]:
        """The tick ladders of a product or contract, by the id that its `venues` name.

        In currency units, as `min_tick`; `quoted(price_magnifier)` has them in quoted prices.

        >>> (ladder,) = futures.ladders("ES").values()
        >>> ladder.market_rule_id, ladder.increments[0].increment
        (67, Decimal('0.25'))
        """
        past = self._past
        with self._session.reading() as services:
            product = only(*self._session.known(services, symbol, limits, past))
            return services.dated_products.ladders(product, past)

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
        """The nearest contract of a product that may be held.

        It passes over what is past its last trade, first notice or IBKR's cut-off, or less than
        `days_before` such a date (`5`, or `"5bd"` business days). `by` is the one date that counts:
        `last-trade`, `notice` or `cutoff`; `months` are letters, as `"HMUZ"`, or numbers. With
        `as_of` the moment may lie ahead, and a date is its noon in UTC. Raises
        NoTradableContractError or AmbiguousContractError too. `explain_next` says why.

        >>> gc = futures.next("GC", days_before="5bd")
        >>> gc.local_symbol, gc.delivery.long_cutoff, gc.delivery.sources["long_cutoff"].source
        ('GCF7', datetime.date(2026, 12, 29), "IBKR's standard policy")
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
        """Why `next` gives its contract: every contract of the chain, with what objects to it.

        `nearest()` of the answer has until when the contract may be held, and what is not certain.

        >>> judged = futures.explain_next("GC")
        >>> [(item.contract.local_symbol, str(item.objection)) for item in judged.passed_over]
        [('GCX6', 'expired'), ('GCZ6', 'cutoff')]
        """
        return self._judged(symbol, nearest_rule_of(side, by, days_before, months, series), limits)

    def _judged(self, symbol: Symbol, rule: NearestRule, limits: Narrowing) -> NearestJudgements:
        with self._session.reading() as services:
            return self._session.judge(services, symbol, rule, limits, self._moment_to_hold)

    @property
    def _past(self) -> PastMoment | None:
        """As of when products are answered with; None for now."""
        return None

    @property
    def _moment_to_hold(self) -> datetime | None:
        """When the nearest contract is to be held; None for now."""
        return None
