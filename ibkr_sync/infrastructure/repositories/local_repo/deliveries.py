"""Deliveries as they are stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import ASSET_TYPES
from ibkr_sync.domain.ports.deliveries import DeliveriesPort, DeliveringContract
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.delivery_rows import (
    DELIVERY_COLUMNS,
    read_delivery,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import LISTING_COLUMNS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_deliveries,
    contracts,
    products,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading

_PRODUCT_COLUMNS = (
    *("symbol", "exchange", "trading_class", "currency", "name", "category", "origin"),
    "asset_class",
)
_CONTRACT_COLUMNS = (
    *("con_id", "symbol", "exchange", "trading_class", "currency", "local_symbol"),
    *("contract_month", "last_trade_date", "last_trade_at", "time_zone", "series"),
)
_DATES = (
    contracts.c.last_trade_date,
    contract_deliveries.c.first_notice_date,
    contract_deliveries.c.long_cutoff,
    contract_deliveries.c.short_cutoff,
)


class LocalDeliveries(DeliveriesPort):
    """Deliveries in a SQLite or PostgreSQL database, beside the products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(self, first: date, last: date) -> tuple[DeliveringContract, ...]:
        """Give the contracts one of whose dates lies between two days (see the port)."""
        seen = func.coalesce(contracts.c.last_seen_at, products.c.synced_at).label("last_seen_at")
        listing = {name: contracts.c[name] for name in LISTING_COLUMNS} | {"last_seen_at": seen}
        statement = (
            select(
                *(products.c[name] for name in _PRODUCT_COLUMNS),
                *(contracts.c[name] for name in _CONTRACT_COLUMNS),
                *listing.values(),
                *(contract_deliveries.c[name] for name in DELIVERY_COLUMNS),
            )
            .select_from(contracts)
            .join(products, products.c.id == contracts.c.product_id)
            .outerjoin(contract_deliveries)
            .where(contracts.c.delisted_at.is_(None))
            .where(or_(*(column.between(first, last) for column in _DATES)))
            .order_by(contracts.c.last_trade_date, contracts.c.con_id)
        )
        with reading(self._database) as connection, reads.readable(self._database.name):
            return tuple(_delivering(tuple(row)) for row in connection.execute(statement))


def _delivering(row: tuple[Any, ...]) -> DeliveringContract:
    product = dict(zip(_PRODUCT_COLUMNS, row, strict=False))
    rest = row[len(_PRODUCT_COLUMNS) :]
    contract = dict(zip(_CONTRACT_COLUMNS, rest, strict=False))
    rest = rest[len(_CONTRACT_COLUMNS) :]
    listing = ContractListing(**dict(zip(LISTING_COLUMNS, rest, strict=False)))
    known = rest[len(LISTING_COLUMNS) :]
    return DeliveringContract(
        product=ASSET_TYPES[product.pop("asset_class")](**product),
        contract=FuturesContract(
            **contract,
            listing=listing,
            delivery=None if known[-1] is None else read_delivery(known),
        ),
    )
