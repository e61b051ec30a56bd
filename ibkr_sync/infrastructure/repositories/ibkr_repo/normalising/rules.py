"""IBKR's rules for turning the rows of a complete reply into products: all pure.

* Asked without an exchange, TWS answers one row per route: the same conId on `CME` and again
  on `QBALGO`. The row on the listing exchange, the first of `validExchanges`, is the contract.
* A symbol may name several products: DAX in three sizes, SI of 5000 and 1000 ounces, ES the
  index future and ES the stock future. `reqContractDetails` returns all of them, mixed.
* The products of one symbol on one exchange differ by trading class; a weekly series has a
  class of its own (VX48 beside VX) and still belongs to its product.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.replies import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.series import (
    class_of_product,
    series_of,
)


def refuse_foreign_rows(request: ContractRequest, contracts: Iterable[FuturesContract]) -> None:
    """Raise InvalidReplyError for a row that was not asked for."""
    for contract in contracts:
        wanted: object
        found: object
        if request.con_id not in (None, contract.con_id):
            wanted, field, found = request.con_id, "con_id", contract.con_id
        elif request.con_id is None and contract.symbol != request.symbol:
            wanted, field, found = request.symbol, "symbol", contract.symbol
        elif request.exchange and request.exchange not in _exchanges(contract):
            wanted, field, found = request.exchange, "exchange", contract.exchange
        else:
            continue
        raise InvalidReplyError(contract.local_symbol, field, found, f"{wanted} was asked for")


def merge_rows(contracts: Iterable[FuturesContract]) -> tuple[FuturesContract, ...]:
    """One contract per conId, on its listing exchange; InvalidReplyError when rows conflict."""
    rows_of: dict[int, list[FuturesContract]] = defaultdict(list)
    for contract in contracts:
        rows_of[contract.con_id].append(contract)
    return tuple(_merge(rows) for rows in rows_of.values())


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


def _merge(rows: Sequence[FuturesContract]) -> FuturesContract:
    listing = rows[0].venues[0].exchange if rows[0].venues else rows[0].exchange
    on_listing = next((row for row in rows if row.exchange == listing), None)
    main = on_listing or dataclasses.replace(rows[0], exchange=listing)
    for row in rows:
        if row is not main:
            _refuse_conflict(main, row)
    return main


def _refuse_conflict(main: FuturesContract, row: FuturesContract) -> None:
    """Rows of one contract may differ only in the exchange they were asked for."""
    compared = [field.name for field in dataclasses.fields(main) if field.compare]
    if main.venues:
        compared.remove("exchange")
    for name in compared:
        if getattr(row, name) != getattr(main, name):
            raise InvalidReplyError(
                main.local_symbol, name, getattr(row, name), "rows of one conId conflict"
            )


def _product_of_weekly_class(
    key: ProductKey,
    members: Sequence[FuturesContract],
    by_class: dict[ProductKey, list[FuturesContract]],
) -> ProductKey | None:
    """The product a weekly class belongs to, if it is there: same symbol, exchange and size."""
    trading_class = class_of_product(key)
    base = key._replace(trading_class=trading_class) if trading_class else None
    if base is None or base not in by_class:
        return None
    sizes = {(each.multiplier, each.price_magnifier, each.currency) for each in members}
    base_sizes = {(each.multiplier, each.price_magnifier, each.currency) for each in by_class[base]}
    return base if sizes <= base_sizes else None


def _exchanges(contract: FuturesContract) -> set[str]:
    return {contract.exchange, *(venue.exchange for venue in contract.venues)}


def _by_date(contract: FuturesContract) -> tuple[object, ...]:
    return contract.last_trade_date, contract.con_id
