"""The table of contracts, each with its product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_DATES, DELIVERY_FACTS, DeliveryDates
from ibkr_sync.domain.entities.fields import EntityField, ordered_fields
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, PRODUCT_FIELDS, Future
from ibkr_sync.interchange.frames.columns import (
    DERIVED_NUMBERS,
    Column,
    ColumnKind,
    Row,
    cells_of,
    columns_of,
    plain_value,
)
from ibkr_sync.interchange.frames.frame import Frame

CONTRACTS_SCHEMA: Final = "ibkr-sync/contracts/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_SHARED: Final = ("symbol", "exchange", "currency")
_SCHEDULE: Final = "schedule"
_LEADING: Final = (
    *("symbol", "exchange", "trading_class", "local_symbol", "contract_month", "con_id"),
    *("last_trade_date", "last_trade_at", "real_expiration_date", "multiplier", "min_tick"),
    *("price_magnifier", "currency", "series"),
)

# Hours roll on every day; they are a question of their own.
_OF_CONTRACT: Final = tuple(
    (field, "") for field in ordered_fields(CONTRACT_FIELDS, _LEADING) if field.name != _SCHEDULE
)
_IN_BOTH: Final = frozenset(field.name for field in CONTRACT_FIELDS)


def _prefix(field: EntityField) -> str:
    """What distinguishes a column of the product from the contract's own."""
    if field.parts:
        return f"product_{field.name}_"
    return "product_" if field.name in _IN_BOTH else ""


_OF_PRODUCT: Final = tuple(
    (field, _prefix(field)) for field in PRODUCT_FIELDS if field.name not in _SHARED
)
_CONFIDENCES: Final = {name: f"{name}_confidence" for name in DELIVERY_FACTS}
_COLUMNS: Final = (
    *(column for field, _ in _OF_CONTRACT for column in columns_of(field)),
    Column(name="state", kind=ColumnKind.REPEATED_TEXT),
    *(Column(name=name, kind=ColumnKind.NUMBER) for name in DERIVED_NUMBERS),
    *(
        Column(
            name=name, kind=ColumnKind.DATE if name in DELIVERY_DATES else ColumnKind.REPEATED_TEXT
        )
        for name in DELIVERY_FACTS
    ),
    *(Column(name=name, kind=ColumnKind.REPEATED_TEXT) for name in _CONFIDENCES.values()),
    *(column for field, prefix in _OF_PRODUCT for column in columns_of(field, prefix)),
)


def contract_frame(products: Iterable[Future], now: datetime) -> Frame:
    """The contracts of products (see `frame_of_contracts`)."""
    chains = ((product, contract) for product in products for contract in product.contracts)
    return frame_of_contracts(chains, now)


def frame_of_contracts(pairs: Iterable[tuple[Future, FuturesContract]], now: datetime) -> Frame:
    """Contracts, each with its product, by exchange, symbol and last trade date.

    `now` is the aware instant that `state` refers to. `delivery` is as far as the contracts have
    it. Columns of the product that a contract has as well begin with `product_`.
    """
    of_products: dict[int, dict[str, object]] = {}
    rows: list[Row] = []
    for product, contract in sorted(pairs, key=_place):
        if id(product) not in of_products:
            of_products[id(product)] = dict(cells_of(_OF_PRODUCT, product))
        rows.append(dict(_cells(contract, now)) | of_products[id(product)])
    return Frame(schema=CONTRACTS_SCHEMA, columns=_COLUMNS, rows=tuple(rows))


def _place(pair: tuple[Future, FuturesContract]) -> tuple[object, ...]:
    product, contract = pair
    return product.exchange, product.symbol, contract.last_trade_date, contract.con_id


def _cells(contract: FuturesContract, now: datetime) -> Iterator[tuple[str, object]]:
    yield from cells_of(_OF_CONTRACT, contract)
    yield "state", contract.state(now).value
    for name in DERIVED_NUMBERS:
        yield name, getattr(contract, name)
    delivery = contract.delivery or DeliveryDates()
    for name in DELIVERY_FACTS:
        yield name, plain_value(getattr(delivery, name))
    for name, column in _CONFIDENCES.items():
        yield column, plain_value(delivery.confidence(name))
