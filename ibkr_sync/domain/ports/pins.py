"""The port to the words that the user has given one meaning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from ibkr_sync.domain.entities.futures import ProductKey

if TYPE_CHECKING:
    from ibkr_sync.domain.naming.known_products import KnownProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a word that several products share is to mean.

    Attributes:
        word: what is typed, in upper case (`DAX`).
        symbol: IBKR's symbol of the product.
        exchange: IBKR's code of its exchange.
        trading_class: None when the exchange alone identifies the product.
        multiplier: the size of its contracts; None for every size.
    """

    word: str
    symbol: str
    exchange: str
    trading_class: str | None = None
    multiplier: Decimal | None = None

    def names(self, product: KnownProduct | ProductKey) -> bool:
        """Whether this is the product that the word is to mean."""
        same_market = (self.symbol, self.exchange) == (product.symbol, product.exchange)
        return same_market and self.trading_class in (None, product.trading_class)

    def is_outdated(self, sizes: Collection[Decimal]) -> bool:
        """Whether no contract of its product is of its size; `sizes` are those that are known."""
        return self.multiplier is not None and bool(sizes) and self.multiplier not in sizes

    def __str__(self) -> str:
        if self.trading_class is None:
            return f"{self.symbol}@{self.exchange}"
        return str(ProductKey(self.symbol, self.exchange, self.trading_class))


class PinPort(Protocol):
    """Keeps pins; one per word. Every method raises StorageError when the database fails."""

    @abstractmethod
    def pin(self, pin: Pin) -> None:
        """Keep a pin, instead of what the word was pinned to before."""

    @abstractmethod
    def unpin(self, word: str) -> bool:
        """Forget a word's pin; gives whether there was one."""

    @abstractmethod
    def pinned(self, word: str) -> Pin | None:
        """Give a word's pin, None if it has none."""

    @abstractmethod
    def all_pins(self) -> tuple[Pin, ...]:
        """Give every pin, by word."""
