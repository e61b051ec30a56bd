"""What is asked in SQL is what the product's own documents say, in both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from contracts import examples
from contracts.future_port import NOW_PLEASE, by_symbol
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import ContractListing, ContractMonth, FuturesContract
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, Origin
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.columns import decimal_column_text
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import views_of
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import ViewType
from ibkr_sync.interchange.product_document import (
    CONTRACT_KEYS,
    DERIVED_CONTRACT_KEYS,
    DERIVED_PRODUCT_KEYS,
    PRODUCT_KEYS,
    product_to_document,
)

FAR, LONG_PAST = date(2098, 12, 19), date(2020, 3, 20)
CORN = CommodityFuture(
    symbol="ZC", exchange="CBOT", trading_class="ZC", currency="USD", name="Corn 100%"
)
ODD_NUMBERS = (("5000", "0.0025", 100), ("12500000", "0.0000005", 1), ("100.7", "0.1", None))
EVERYTHING = "SELECT * FROM {} ORDER BY 1"


def contract(number: int, last_trade: date = FAR, **fields: Any) -> FuturesContract:
    month = ContractMonth(last_trade.year, last_trade.month)
    return dataclasses.replace(
        examples.quarterly(CORN, 0, con_id=number),
        last_trade_date=last_trade,
        last_trade_at=None,
        real_expiration_date=None,
        contract_month=month,
        **fields,
    )


PRODUCTS = (
    dataclasses.replace(
        CORN,
        contracts=(
            contract(1, LONG_PAST, multiplier=Decimal(1000), min_tick=Decimal(1)),
            contract(2, multiplier=Decimal(5000), min_tick=Decimal("0.0025"), price_magnifier=100),
            contract(3, time_zone="America/Chicago"),
            contract(4),
        ),
    ),
    *(
        dataclasses.replace(
            CORN,
            symbol=f"Y{number}",
            contracts=(
                contract(
                    10 + number,
                    symbol=f"Y{number}",
                    multiplier=Decimal(multiplier),
                    min_tick=Decimal(tick),
                    price_magnifier=magnifier,
                ),
            ),
        )
        for number, (multiplier, tick, magnifier) in enumerate(ODD_NUMBERS)
    ),
    dataclasses.replace(
        CORN,
        symbol="TTF",
        contracts=tuple(
            contract(20 + hours, symbol="TTF", multiplier=Decimal(hours)) for hours in (720, 744)
        ),
    ),
)
STUB = examples.as_catalogued(examples.DAX)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{request.param}_database")
    return database


def test_views_say_what_documents_say(database: Database) -> None:
    clock = FakeClock()
    local = LocalFutureRepository(database, Future, FakeCatalogue([STUB]), clock)
    lacking = dataclasses.replace(PRODUCTS[0], contracts=PRODUCTS[0].contracts[:3])
    for night in ((STUB, *PRODUCTS), (lacking,)):
        clock.advance(days=1)
        with local.sync_run(Origin.IBKR) as run:
            for product in night:
                acquired = AcquiredFuture(product=product, gone=frozenset((4,)))
                local.get_or_create_entity(acquired, by_symbol(product), NOW_PLEASE, run)

    stored = [local.get_by_symbol(by_symbol(product)) for product in (*PRODUCTS, STUB)]
    documents: list[Any] = [product_to_document(item, datetime.now(UTC)) for item in stored]
    seen = asked(database)

    own = (*PRODUCT_KEYS, *DERIVED_PRODUCT_KEYS)
    assert shared(seen["v_products"], own) == shared(documents, own, seen["v_products"])
    flat: list[dict[str, Any]] = [
        item | item["listing"] for document in documents for item in document["contracts"]
    ]
    own = (
        *(*CONTRACT_KEYS, *DERIVED_CONTRACT_KEYS),
        *(field.name for field in dataclasses.fields(ContractListing)),
    )
    assert shared(seen["v_contracts"], own) == shared(flat, own, seen["v_contracts"])
    assert {row["con_id"]: row["state"] for row in seen["v_contracts"]} == {
        **dict.fromkeys((2, 3, 10, 11, 12, 740, 764), "active"),
        1: "expired",
        4: "missing",
    }
    assert [row["listed"] for row in seen["v_products"] if row["symbol"] in ("ZC", "TTF")] == [2, 2]


def asked(database: Database) -> dict[str, list[dict[str, Any]]]:
    """The rows of each view, their values as documents have them."""
    found = {}
    with database.read() as connection:
        for view in views_of(connection.dialect.name):
            types = {column.name: column.type for column in view.columns}
            rows = connection.execute(text(EVERYTHING.format(view.name))).mappings()
            found[view.name] = [
                {name: as_document(value, types[name]) for name, value in row.items()}
                for row in rows
            ]
    return found


def as_document(value: Any, kind: ViewType) -> object:
    if value is None:
        return None
    match kind:
        case ViewType.NUMBER:
            return decimal_column_text(Decimal(str(value)))
        case ViewType.DATE:
            return str(value)
        case ViewType.INSTANT:
            at = datetime.fromisoformat(value) if isinstance(value, str) else value
            return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case _:
            return value


def shared(
    rows: Sequence[Mapping[str, Any]],
    keys: tuple[str, ...],
    other: Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """What rows have of keys that a view has too, in an order of its own."""
    names = [key for key in keys if key in (other or rows)[0]]
    return sorted(({name: row[name] for name in names} for row in rows), key=str)
