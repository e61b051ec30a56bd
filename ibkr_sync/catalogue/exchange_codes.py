"""Which of IBKR's exchange codes were replaced: `exchange_renames.csv`."""

from __future__ import annotations

from functools import cache

from ibkr_sync.catalogue.products import load_catalogue
from ibkr_sync.catalogue.tables import read_table


def current_exchange(exchange: str, symbol: str) -> str:
    """Give today's code of the exchange a product trades on; an unknown code stays as it is.

    `GLOBEX` means `CME` for every symbol. `NYMEX` is still valid and means `COMEX` only for
    symbols known there and not on NYMEX (metals moved, energy stayed).
    """
    renamed = _renames().get(exchange)
    if renamed is None:
        return exchange
    homes = {product.exchange for product in load_catalogue().by_symbol(symbol)}
    if exchange in _valid_codes():
        return renamed if renamed in homes and exchange not in homes else exchange
    return renamed


@cache
def _renames() -> dict[str, str]:
    return {row["old"]: row["new"] for row in read_table("exchange_renames")}


@cache
def _valid_codes() -> frozenset[str]:
    return frozenset(product.exchange for product in load_catalogue().products)
