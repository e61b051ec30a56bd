"""IBKR's rules for turning the rows of a complete reply into products: all pure.

* Asked without an exchange, TWS answers one row per route: the same conId on `CME` and again
  on `QBALGO`, where order types and liquid hours differ (seen in 2025, server version 187). The
  row on the listing exchange is the contract; of a route's row only the identity is compared.
* A symbol may name several products: DAX in three sizes, SI of 5000 and 1000 ounces, ES the
  index future and ES the stock future. `reqContractDetails` returns all of them, mixed.
* The products of one symbol on one exchange differ by trading class; a weekly series has a
  class of its own (VX48 beside VX) and still belongs to its product.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.series import (
    class_of_series_product,
    series_of,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow

ROUTES = frozenset({"QBALGO", "QBALGOIEU", "QBALGOIUS"})
"""What stands beside exchanges in `validExchanges` and lists no contract."""

_CONFLICT = "rows of one conId conflict"

_IDENTITY = ("symbol", "trading_class", "currency", "local_symbol")


def refuse_foreign_products(request: ContractRequest, rows: Iterable[TranslatedRow]) -> None:
    """Raise InvalidReplyError for a row that was not asked for."""
    for row in rows:
        wanted: object
        found: object
        if request.con_id not in (None, row.con_id):
            wanted, field, found = request.con_id, "con_id", row.con_id
        elif request.local_symbol and row.name.upper().split() != request.local_symbol.split():
            wanted, field, found = request.local_symbol, "local_symbol", row.name
        elif request.symbol and row.symbol != request.symbol:
            wanted, field, found = request.symbol, "symbol", row.symbol
        elif request.exchange and row.exchange and request.exchange not in _exchanges(row):
            wanted, field, found = request.exchange, "exchange", row.exchange
        else:
            continue
        raise InvalidReplyError(row.name, field, found, f"{wanted} was asked for")


def merge_product_rows(
    contracts: Iterable[FuturesContract],
    *,
    asked_on: str = "",
    stored: Mapping[int, FuturesContract] = MappingProxyType({}),
) -> tuple[FuturesContract, ...]:
    """One contract per conId, on its listing exchange; InvalidReplyError when rows conflict.

    That is the exchange it was asked on, else the one it is stored under, else the first of
    `validExchanges` that is no route.
    """
    rows_of: dict[int, list[FuturesContract]] = defaultdict(list)
    for contract in contracts:
        rows_of[contract.con_id].append(contract)
    return tuple(_merge(rows, asked_on, stored.get(con_id)) for con_id, rows in rows_of.items())


def group_by_product(
    contracts: Iterable[FuturesContract],
) -> dict[ProductKey, tuple[FuturesContract, ...]]:
    """The contracts of each product, by last trade date; weekly series with their product."""
    by_class: dict[ProductKey, list[FuturesContract]] = defaultdict(list)
    for contract in contracts:
        key = ProductKey(contract.symbol, contract.exchange, contract.trading_class)
        by_class[key].append(contract)
    products: dict[ProductKey, list[FuturesContract]] = defaultdict(list)
    for key, members in by_class.items():
        base = _product_of_weekly_class(key, members, by_class)
        for each in members:
            series = series_of(each) if base is None else ContractSeries.WEEKLY
            told = each if each.series is series else dataclasses.replace(each, series=series)
            products[base or key].append(told)
    return {key: tuple(sorted(members, key=_by_date)) for key, members in products.items()}


def refuse_mixed_currencies(contracts: Iterable[FuturesContract]) -> None:
    """Raise InvalidReplyError where contracts of one product are paid in several currencies."""
    first, *others = contracts
    for each in others:
        if each.currency != first.currency:
            reason = f"{first.local_symbol} of the same product is in {first.currency}"
            raise InvalidReplyError(each.local_symbol, "currency", each.currency, reason)


def _merge(
    rows: Sequence[FuturesContract], asked_on: str, stored: FuturesContract | None
) -> FuturesContract:
    listing = _listing_exchange(rows, asked_on, stored)
    on_listing = [row for row in rows if row.exchange == listing]
    first = min(rows, key=lambda row: row.exchange)
    main = on_listing[0] if on_listing else dataclasses.replace(first, exchange=listing)
    every_attribute = [
        each.name for each in dataclasses.fields(main) if each.compare and each.name != REMARKS
    ]
    for row in rows:
        is_same_place = row.exchange == main.exchange
        _refuse_conflict(main, row, every_attribute if is_same_place else _IDENTITY)
    return main


def _listing_exchange(
    rows: Sequence[FuturesContract], asked_on: str, stored: FuturesContract | None
) -> str:
    own = {row.exchange for row in rows}
    in_order = sorted(rows, key=lambda row: row.exchange)
    valid = [venue.exchange for row in in_order for venue in row.venues]
    known = stored.exchange if stored else ""
    candidates = [
        *(each for each in (asked_on,) if each in own),
        *(each for each in (known,) if each in own or each in valid),
        *valid,
        *sorted(own),
    ]
    listing = next((each for each in candidates if each not in ROUTES), candidates[-1])
    if not valid and listing not in (asked_on, known) and len(own - ROUTES) > 1:
        others = ", ".join(sorted(own - {listing}))
        raise InvalidReplyError(rows[0].local_symbol, "exchange", others, _CONFLICT)
    return listing


def _refuse_conflict(
    main: FuturesContract, row: FuturesContract, attributes: Iterable[str]
) -> None:
    for name in attributes:
        if getattr(row, name) != getattr(main, name):
            raise InvalidReplyError(main.local_symbol, name, getattr(row, name), _CONFLICT)


def _product_of_weekly_class(
    key: ProductKey,
    members: Sequence[FuturesContract],
    by_class: dict[ProductKey, list[FuturesContract]],
) -> ProductKey | None:
    """The product a weekly class belongs to, if it is there: same symbol, exchange and size.

    A size that a row does not state is no other size.
    """
    trading_class = class_of_series_product(key)
    base = key._replace(trading_class=trading_class) if trading_class else None
    if base is None or base not in by_class:
        return None
    base_sizes = [_size(each) for each in by_class[base]]
    fits = all(any(_is_compatible(_size(each), size) for size in base_sizes) for each in members)
    return base if fits else None


def _size(contract: FuturesContract) -> tuple[object, ...]:
    return contract.multiplier, contract.price_magnifier, contract.currency


def _is_compatible(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return all(a == b or a is None or b is None for a, b in zip(one, other, strict=True))


def _exchanges(row: TranslatedRow) -> set[str | None]:
    return {row.exchange, *(venue.exchange for venue in row.venues)}


def _by_date(contract: FuturesContract) -> tuple[object, ...]:
    return contract.last_trade_date, contract.con_id
