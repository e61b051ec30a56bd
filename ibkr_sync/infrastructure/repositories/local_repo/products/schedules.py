"""Hours as rows: each distinct schedule once, referred to by its products, with exceptions.

A contract has its product's schedule unless it has a row of its own in `contract_schedules`. A
night on which hours roll on thus writes a row or two for each product, however long its chain. What
nothing refers to any more is dropped when a run ends.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, select, update
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.fields import fields_of
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import (
    bulk_batches,
    bulk_insert,
    bulk_update,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_schedules,
    contracts,
    products,
    schedules,
)

_FIELDS = tuple(field.name for field in fields_of(TradingSchedule))
_values_of = attrgetter(*_FIELDS)

_BY_ID = select(schedules.c.id, *(schedules.c[name] for name in _FIELDS)).where(
    schedules.c.id.in_(bindparam("ids", expanding=True))
)
_BY_DIGEST = select(
    schedules.c.digest, schedules.c.id, *(schedules.c[name] for name in _FIELDS)
).where(schedules.c.digest.in_(bindparam("digests", expanding=True)))
_WITH_HOURS = select(
    products.c.id,
    products.c.schedule_id,
    products.c.time_zone,
    *(products.c[name] for name in ProductKey._fields),
).where(products.c.symbol.in_(bindparam("symbols", expanding=True)))
_OF_PRODUCT = select(products.c.schedule_id).where(products.c.id == bindparam("product_id"))
_EXCEPTIONS = (
    select(contract_schedules.c.con_id, contract_schedules.c.schedule_id)
    .join(contracts, contracts.c.con_id == contract_schedules.c.con_id)
    .where(contracts.c.product_id == bindparam("product_id"))
)
_REFER = update(products).where(products.c.id == bindparam("product"))
_DROP_UNUSED = delete(schedules).where(
    ~exists().where(products.c.schedule_id == schedules.c.id),
    ~exists().where(contract_schedules.c.schedule_id == schedules.c.id),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursToRoll:
    """A stored product whose hours roll on: those that it had before, and the row of the new."""

    product_id: int
    time_zone: str | None
    before: TradingSchedule | None
    schedule_id: int | None


def load_schedules(connection: Connection, ids: Collection[int]) -> dict[int, TradingSchedule]:
    """Give the schedules of these rows."""
    return {
        row[0]: TradingSchedule(**dict(zip(_FIELDS, row[1:], strict=True)))
        for some in bulk_batches(sorted(ids))
        for row in connection.execute(_BY_ID, {"ids": some})
    }


def write_schedules(
    connection: Connection, product_id: int, chain: Iterable[FuturesContract]
) -> None:
    """Let a product and its contracts refer to their hours."""
    by_con_id = {contract.con_id: contract.schedule for contract in chain}
    ids = _stored_ids(connection, by_con_id.values())
    wanted = {con_id: ids[id(schedule)] for con_id, schedule in by_con_id.items()}
    usual = _most_common(wanted.values())
    was_usual = connection.execute(_OF_PRODUCT, {"product_id": product_id}).scalar_one()
    found = connection.execute(_EXCEPTIONS, {"product_id": product_id})
    were: dict[int, int | None] = {row.con_id: row.schedule_id for row in found}
    exceptions = {con_id: value for con_id, value in wanted.items() if value != usual}
    if usual != was_usual:
        connection.execute(_REFER, {"product": product_id, "schedule_id": usual})
    _write_exceptions(connection, were, exceptions)


def find_to_roll(
    connection: Connection, said: Mapping[ProductKey, TradingSchedule]
) -> dict[ProductKey, HoursToRoll]:
    """Give stored products with their hours, and the rows of the schedules that replace them.

    Those rows are written where they are new. Raises LookupError where no product has one of these
    keys any more.
    """
    rows = {
        ProductKey(*row[3:]): row[:3]
        for some in bulk_batches(sorted({key.symbol for key in said}))
        for row in connection.execute(_WITH_HOURS, {"symbols": some})
    }
    for key in said.keys() - rows.keys():
        raise LookupError(f"{key} was renamed while its reply was awaited")
    found = {key: rows[key] for key in said}
    old_ids = {old_id for _, old_id, _ in found.values() if old_id is not None}
    before = load_schedules(connection, old_ids)
    ids = _stored_ids(connection, said.values())
    return {
        key: HoursToRoll(
            product_id=product_id,
            time_zone=time_zone,
            before=before.get(old_id),
            schedule_id=ids[id(said[key])],
        )
        for key, (product_id, old_id, time_zone) in found.items()
    }


def drop_unused_schedules(connection: Connection) -> None:
    """Drop what neither a product nor a contract refers to any more."""
    connection.execute(_DROP_UNUSED)


def _most_common(ids: Iterable[int | None]) -> int | None:
    """The schedule of most contracts; of as many, the one stored first. None where none has one."""
    counts = Counter(number for number in ids if number is not None)
    return min(counts, key=lambda item: (-counts[item], item), default=None)


def _write_exceptions(
    connection: Connection, were: Mapping[int, int | None], wanted: Mapping[int, int | None]
) -> None:
    columns = ("con_id", "schedule_id")
    gone = sorted(were.keys() - wanted.keys())
    for some in bulk_batches(gone):
        connection.execute(delete(contract_schedules).where(contract_schedules.c.con_id.in_(some)))
    new = sorted(wanted.keys() - were.keys())
    bulk_insert(
        connection, contract_schedules, columns, ((con_id, wanted[con_id]) for con_id in new)
    )
    changed = sorted(
        con_id for con_id in wanted.keys() & were.keys() if wanted[con_id] != were[con_id]
    )
    bulk_update(
        connection,
        contract_schedules.c.con_id,
        columns[1:],
        ((wanted[con_id], con_id) for con_id in changed),
    )


def _stored_ids(
    connection: Connection, wanted: Iterable[TradingSchedule | None]
) -> dict[int, int | None]:
    """By identity, as chains share them: the id of each schedule's row, written if it is new."""
    objects = {id(schedule): schedule for schedule in wanted}
    digests = {
        key: schedule_digest(one_object)
        for key, one_object in objects.items()
        if one_object is not None
    }
    by_digest = {digest: objects[key] for key, digest in digests.items()}
    found = _find(connection, by_digest)
    new = [digest for digest in sorted(by_digest) if digest not in found]
    bulk_insert(
        connection,
        schedules,
        ("digest", *_FIELDS),
        ((digest, *_values_of(by_digest[digest])) for digest in new),
    )
    found |= _find(connection, new)
    ids = {digest: row.id for digest, row in found.items()}
    # Somebody else's hand may have been in the table: a digest alone proves nothing.
    spoilt = [
        digest for digest, row in found.items() if tuple(row[2:]) != _values_of(by_digest[digest])
    ]
    bulk_update(
        connection,
        schedules.c.id,
        _FIELDS,
        ((*_values_of(by_digest[digest]), ids[digest]) for digest in spoilt),
    )
    return {key: ids[digests[key]] if key in digests else None for key in objects}


def _find(connection: Connection, digests: Iterable[str]) -> dict[str, Row[Any]]:
    return {
        row.digest: row
        for some in bulk_batches(sorted(digests))
        for row in connection.execute(_BY_DIGEST, {"digests": some})
    }


@lru_cache(256)
def schedule_digest(schedule: TradingSchedule) -> str:
    """What distinguishes a schedule's row; a migration computes the same for rows without one."""
    texts = [
        [str(entry) for entry in value] if isinstance(value, tuple) else value
        for value in _values_of(schedule)
    ]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
