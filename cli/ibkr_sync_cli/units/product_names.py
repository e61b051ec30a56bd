"""What a product is called where there is little room, in words that commands accept."""

from __future__ import annotations

from ibkr_sync.domain.entities.futures import ProductKey


def product_text(key: ProductKey) -> str:
    """A product as it may be typed, its class only where that is another word."""
    name = f"{key.symbol}@{key.exchange}"
    return name if key.trading_class == key.symbol else f"{name} ({key.trading_class})"


def short_product_text(key: ProductKey) -> str:
    """A product in one word: its class, where that is not the symbol."""
    if key.trading_class == key.symbol:
        return f"{key.symbol}@{key.exchange}"
    return key.trading_class
