"""What is known of deliveries, as rows; every function works inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.delivery.delivery_changes import delivery_changes
from ibkr_sync.domain.entities.delivery import (
    DELIVERY_DATES,
    DELIVERY_FACTS,
    Confidence,
    DeliveryDates,
    DeliverySource,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import (
    bulk_batches,
    bulk_insert,
    bulk_update,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_deliveries,
    contracts,
    delivery_imports,
)

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.business_days import BusinessDays
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery
    from ibkr_sync.domain.evidence.chain_diff import FieldChange
    from ibkr_sync.domain.runs.sync_policy import SyncRun

ENDS = ("ends_at", "hold_until_long", "hold_until_short")
"""Columns of a contract that follow from its dates."""

DELIVERY_COLUMNS = (*DELIVERY_FACTS, "sources")

IMPORT_COLUMNS = (
    *("run_id", "origin", "source", "con_id", "exchange", "trading_class", "contract_month"),
    *("last_trade_date", *DELIVERY_DATES, "learnt_on", "imported_at"),
)

_STORED = (
    select(
        contracts.c.con_id,
        *(contracts.c[name] for name in ENDS),
        *(contract_deliveries.c[name] for name in DELIVERY_COLUMNS),
    )
    .outerjoin_from(contracts, contract_deliveries)
    .where(contracts.c.product_id == bindparam("product_id"))
)

# What every product of a run asks is built once: building takes longer than answering.
_IMPORTS_OF_CLASS = select(delivery_imports).where(
    delivery_imports.c.exchange == bindparam("exchange"),
    delivery_imports.c.trading_class == bindparam("trading_class"),
)
_IMPORTS_OF_CONTRACTS = select(delivery_imports).where(
    delivery_imports.c.con_id.in_(bindparam("con_ids", expanding=True))
)


def write_deliveries(
    connection: Connection, book: DeliveryBook, product: Future, product_id: int, now: datetime
) -> list[FieldChange]:
    """Store what is known of the deliveries of a product's contracts, and give what changed.

    Nothing is written of a contract of which all is as it was.
    """
    days = book.business_days(product)
    stored = {row[0]: row[1:] for row in connection.execute(_STORED, {"product_id": product_id})}
    added, updated, ends = [], [], []
    changes: list[FieldChange] = []
    known = {
        con_id: read_delivery(values[len(ENDS) :])
        for con_id, values in stored.items()
        if values[-1] is not None
    }
    imports = read_imports(connection, product)
    for contract in book.dated(product, now.date(), imports, known).contracts:
        before = stored.get(contract.con_id)
        delivery = contract.delivery
        if before is None or delivery is None:
            continue
        if before[: len(ENDS)] != (end := _ends(contract, days)):
            ends.append((*end, contract.con_id))
        if before[-1] is None:
            added.append((contract.con_id, *_values(delivery)))
            continue
        found = list(delivery_changes(contract.con_id, known[contract.con_id], delivery))
        if found:
            updated.append((*_values(delivery), contract.con_id))
            changes += found
    bulk_insert(connection, contract_deliveries, ("con_id", *DELIVERY_COLUMNS), added)
    bulk_update(connection, contract_deliveries.c.con_id, DELIVERY_COLUMNS, updated)
    bulk_update(connection, contracts.c.con_id, ENDS, ends)
    return changes


def read_imports(
    connection: Connection, product: Future, until: datetime | None = None
) -> tuple[ImportedDelivery, ...]:
    """What was imported of a product's contracts, in the order in which it was."""
    of_class = {(contract.exchange, contract.trading_class) for contract in product.contracts}
    con_ids = [contract.con_id for contract in product.contracts]
    questions: list[tuple[Select[Any], dict[str, Any]]] = [
        *(
            (_IMPORTS_OF_CLASS, {"exchange": exchange, "trading_class": trading_class})
            for exchange, trading_class in sorted(of_class)
        ),
        *((_IMPORTS_OF_CONTRACTS, {"con_ids": some}) for some in bulk_batches(con_ids)),
    ]
    found = {
        row.id: row
        for statement, named in questions
        for row in connection.execute(statement, named)
        if until is None or row.imported_at <= until
    }
    return tuple(_import(found[item]) for item in sorted(found))


def write_imports(
    connection: Connection, imports: Iterable[ImportedDelivery], run: SyncRun, now: datetime
) -> None:
    """Keep imports, in their order, beside those that were kept before."""
    bulk_insert(
        connection,
        delivery_imports,
        IMPORT_COLUMNS,
        ((run.run_id, *_import_values(other), now) for other in imports),
    )


def _import(row: Row[Any]) -> ImportedDelivery:
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery

    source = DeliverySource(source=row.source, confidence=Confidence.A, learnt_on=row.learnt_on)
    dates: dict[str, Any] = {name: getattr(row, name) for name in DELIVERY_DATES}
    said = {name: source for name, day in dates.items() if day is not None}
    return ImportedDelivery(
        origin=row.origin,
        con_id=row.con_id,
        exchange=row.exchange,
        trading_class=row.trading_class,
        contract_month=row.contract_month,
        last_trade_date=row.last_trade_date,
        delivery=DeliveryDates(**dates, sources=said),
        learnt_on=row.learnt_on,
        source=row.source,
    )


def _import_values(imported: ImportedDelivery) -> tuple[Any, ...]:
    return (
        *(
            imported.origin,
            imported.source,
            imported.con_id,
            imported.exchange,
            imported.trading_class,
        ),
        *(imported.contract_month, imported.last_trade_date),
        *(getattr(imported.delivery, name) for name in DELIVERY_DATES),
        imported.learnt_on,
    )


def read_delivery(values: Sequence[Any]) -> DeliveryDates:
    """What is known, from the values of `DELIVERY_COLUMNS`; raises ValueError for others."""
    known: dict[str, Any] = dict(zip(DELIVERY_FACTS, values, strict=False))
    return DeliveryDates(**known, sources=dict(_sources(json.loads(values[-1]))))


def _sources(stored: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, DeliverySource]]:
    for name, (source, confidence, learnt_on) in stored.items():
        yield (
            name,
            DeliverySource(
                source=source,
                confidence=Confidence(confidence),
                learnt_on=date.fromisoformat(learnt_on),
            ),
        )


def _values(delivery: DeliveryDates) -> tuple[Any, ...]:
    sources = {
        name: [other.source, other.confidence.value, other.learnt_on.isoformat()]
        for name, other in delivery.sources.items()
    }
    text = json.dumps(sources, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return (*(getattr(delivery, name) for name in DELIVERY_FACTS), text)


def _ends(contract: FuturesContract, days: BusinessDays) -> tuple[datetime, date, date]:
    from ibkr_sync.domain.delivery.hold_limits import PositionSide, hold_limits
    from ibkr_sync.domain.history.events import end_of_trading

    long, short = (hold_limits(contract, days, side)[0].last_day for side in PositionSide)
    return end_of_trading(contract), long, short
