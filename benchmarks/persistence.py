"""Rows per second into SQLite: our local repository beside a bare `executemany` upsert.

The bare one gets the very rows that ours leaves in contracts and field_changes, as tuples ready for
the driver, and writes them in one transaction to a copy of the schema with all its indices, foreign
keys and durability. Ours gets entities: it compares them with
what is stored, checks that both databases can keep every value, and keeps history and outcomes.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.acquisition import LONG_CHAIN, EmptyDatabases, Instant
from benchmarks.decoding import entities
from benchmarks.figures import Figure, median_ratio, quartiles
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import Venue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository

CONTRACTS = 5000
"""In one chain, as the bare upsert has one transaction."""

SLOWEST = 2.2

_KEYS = {"contracts": "con_id", "field_changes": "id"}
"""The tables that have a row for each contract, with their keys."""

_OWNERS = ("schedules", "products", "sync_runs")
"""What those rows refer to."""

Rows = Mapping[str, list[dict[str, Any]]]

_BARE = "bare executemany upsert of ready tuples, one transaction"
_CONVERTING = "the same, contracts made into tuples first"
_FIRST = "ours, first"
_UNCHANGED = "ours, unchanged"


def measure(rounds: int) -> Iterator[Figure]:
    """Store the same chain each way, in turn, on a new file each round."""
    costs: dict[str, list[Instant]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        databases = EmptyDatabases(Path(folder))
        product = _product()
        model = databases.next_file()
        _store(model, product)
        rows = _rows(model, (*_OWNERS, *_KEYS))
        for _ in range(rounds):
            file = databases.next_file()
            costs[_BARE].append(_upsert(databases.next_file(), rows, None))
            costs[_CONVERTING].append(_upsert(databases.next_file(), rows, product))
            costs[_FIRST].append(_store(file, product))
            costs[_UNCHANGED].append(_store(file, product))
    count = sum(len(rows[table]) for table in _KEYS)
    subject = f"Storing {CONTRACTS:,} contracts of one chain, {count:,} rows, in SQLite"
    for name in (_BARE, _CONVERTING, _FIRST, _UNCHANGED):
        yield _figure(subject, name, costs, count)


def _figure(subject: str, name: str, costs: Mapping[str, list[Instant]], count: int) -> Figure:
    wall = {key: [cost.wall for cost in found] for key, found in costs.items()}
    cpu = {key: [cost.cpu for cost in found] for key, found in costs.items()}
    rates = [count / number for number in wall[name]]
    ratio = median_ratio(wall[name], wall[_BARE])
    target, met = None, None
    if name == _FIRST:
        target, met = f"at most x {SLOWEST:g}", ratio <= SLOWEST
    return Figure(
        subject=subject,
        name=name,
        unit="rows/s",
        median=statistics.median(rates),
        quartiles=quartiles(rates),
        rounds=len(rates),
        cpu_ms=statistics.median(cpu[name]) * 1000,
        wall_ratio=ratio,
        cpu_ratio=median_ratio(cpu[name], cpu[_BARE]),
        reference="what the bare upsert took in the same round",
        target=target,
        met=met,
    )


def _product() -> Future:
    """One chain of the sample's contracts for one product, under new conIds."""
    known = [entity for entity in entities() if entity.symbol == LONG_CHAIN.symbol]
    chain = tuple(
        dataclasses.replace(contract, con_id=600_000_000 + number, local_symbol=f"CL {number}")
        for number, contract in enumerate(islice(cycle(known), CONTRACTS))
    )
    return Future(
        symbol="CL",
        exchange="NYMEX",
        trading_class="CL",
        currency="USD",
        origin=Origin.SAMPLE,
        contracts=chain,
    )


def _store(file: Path, product: Future) -> Instant:
    """Store a product as a run does; gives what it took."""
    query = FutureQuery(symbol=product.symbol)
    product = dataclasses.replace(product, synced_at=datetime.now(UTC))
    with Database(file) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), lambda: datetime.now(UTC))
        with local.sync_run(Origin.SAMPLE) as run:
            began = Instant.now()
            reply = AcquiredFuture(product=product, scope=query)
            local.get_or_create_entity(reply, query, SyncPolicy(), run)
            return Instant.now() - began


def _rows(file: Path, tables: tuple[str, ...]) -> Rows:
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608
            for table in tables
        }


def _upsert(file: Path, rows: Rows, product: Future | None) -> Instant:
    """Write rows without SQLAlchemy, contracts made of the product's; gives what it took."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            database.execute(f"PRAGMA {setting}")
        for table in _OWNERS:
            _write(database, table, [tuple(row.values()) for row in rows[table]], rows)
        tuples = {table: [tuple(row.values()) for row in rows[table]] for table in _KEYS}
        began = Instant.now()
        if product is not None:
            tuples["contracts"] = _tuples(product, rows["contracts"])
        database.execute("BEGIN IMMEDIATE")
        for table in _KEYS:
            _write(database, table, tuples[table], rows)
        database.execute("COMMIT")
        return Instant.now() - began


def _write(database: sqlite3.Connection, table: str, tuples: list[Any], rows: Rows) -> None:
    columns = list(rows[table][0])
    key = _KEYS.get(table, "id")
    new = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    database.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        f" ON CONFLICT ({key}) DO UPDATE SET {new}",
        tuples,
    )


def _tuples(product: Future, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The contracts' columns as a plain script would make them."""
    names = list(rows[0])
    now = datetime.now(UTC)
    fixed = {"product_id": 1, "first_seen_at": now, "last_seen_at": now}
    return [
        tuple(_value(fixed.get(name, getattr(contract, name, None))) for name in names)
        for contract in product.contracts
    ]


def _value(value: object) -> object:
    if value is None or isinstance(value, int | str):
        return value.value if isinstance(value, StrEnum) else value
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, tuple):
        return json.dumps([_pair(item) for item in value])
    return str(value)


def _pair(item: object) -> object:
    return [item.exchange, item.market_rule_id] if isinstance(item, Venue) else item
