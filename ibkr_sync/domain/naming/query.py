"""Which product is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import Future, ProductKey
    from ibkr_sync.domain.entities.product_summary import ProductSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAlternative:
    """Another way to ask for a product that a source does not know as it was asked for.

    Attributes:
        query: the product by another symbol.
        local_symbol: a contract of the product, if what was typed may be one; then the symbol of
            the query says nothing.
    """

    query: FutureQuery
    local_symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureQuery:
    """Which product is asked for; what is None does not narrow the choice.

    A multiplier means the products that have contracts of this size; of these it decides among
    contracts that are equal but for their size.
    With a `con_id` it is the product whose chain holds this contract, and the symbol only says
    what was typed. `alternatives` are for a source, in their order, and make no query another one.
    """

    symbol: str
    exchange: str | None = None
    currency: str | None = None
    trading_class: str | None = None
    multiplier: Decimal | None = None
    con_id: int | None = None
    alternatives: tuple[QueryAlternative, ...] = field(default=(), compare=False, repr=False)

    def matches(self, future: Future) -> bool:
        """Whether the product is one of those asked for."""
        if self.con_id is None:
            names_it = future.symbol == self.symbol
        else:
            names_it = any(contract.con_id == self.con_id for contract in future.contracts)
        return (
            names_it
            and self.exchange in (None, future.exchange)
            and self.currency in (None, future.currency)
            and self.trading_class in (None, future.trading_class)
            and self.may_be_of_size(future)
        )

    def may_be_of_size(self, future: Future) -> bool:
        """Whether the product has contracts of the size asked for, as far as that is known."""
        is_unknown = not future.contracts and future.multiplier is None
        return self.multiplier is None or is_unknown or self.multiplier in future.sizes

    def may_mean(self, key: ProductKey) -> bool:
        """Whether this is the product of that key, as far as names say; no for a conId."""
        return (
            self.con_id is None
            and self.symbol == key.symbol
            and self.exchange in (None, key.exchange)
            and self.trading_class in (None, key.trading_class)
        )

    def covers(self, summary: ProductSummary) -> bool:
        """Whether the summary is of one of the products asked for; no for a conId.

        A conId says nothing without the chain.
        """
        return self.may_mean(summary.key) and self.currency in (None, summary.currency)

    def __str__(self) -> str:
        text = f"{self.symbol}@{self.exchange}" if self.exchange else self.symbol
        return f"{text} ({self.trading_class})" if self.trading_class else text
