"""Raw replies as rows: whole, each beside the last one that was kept in full, and not for ever.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.engine import Connection

from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_insert
from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import (
    DamagedFramesError,
    PackedFrames,
    pack_frames,
    unpack_frames,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import raw_replies

_COLUMNS = (
    *("run_id", "product_id", "received_at", "server_version", "client_version"),
    *("frame_count", "frames", "sha256", "base_id"),
    *("symbol", "exchange", "include_expired", "answer_count", "gone"),
)

_PACKED = tuple(field.name for field in dataclasses.fields(PackedFrames))

_WORTH_A_BASE = 4
"""A base is of use as long as the differences from it take a quarter of its space, or less."""


def keep_evidence(
    connection: Connection,
    replies: Mapping[int, Evidence],
    run: SyncRun,
    outdated_before: datetime | None,
) -> None:
    """Keep raw replies by ids of products, and let go of their older ones before an instant."""
    rows = [_row(connection, evidence, product_id, run) for product_id, evidence in replies.items()]
    bulk_insert(connection, raw_replies, _COLUMNS, rows)
    if outdated_before is not None:
        connection.execute(_PRUNE, {"before": outdated_before, "product_ids": sorted(replies)})


def _row(
    connection: Connection, evidence: Evidence, product_id: int, run: SyncRun
) -> tuple[object, ...]:
    """In the order of its columns."""
    frames = (*evidence.frames, *evidence.answers)
    packed, base_id = _packed(connection, evidence, frames)
    return (
        *(run.run_id, product_id, evidence.received_at),
        *(evidence.server_version, evidence.client_version),
        *(packed.frame_count, packed.frames, packed.sha256, base_id),
        *(evidence.symbol, evidence.exchange, evidence.include_expired),
        *(len(evidence.answers), tuple(sorted(evidence.gone))),
    )


def prunable(
    before: datetime | BindParameter[datetime],
    product_ids: BindParameter[int] | None = None,
) -> ColumnElement[bool]:
    """Whether a reply was received before an instant, and neither its product's newest nor of use.

    Of use is one that others, which stay, were packed beside. Those of other products than are
    given all stay; they answer the same question if they share a symbol.
    """
    row, own, other = raw_replies.c, raw_replies.alias(), raw_replies.alias()
    newest = select(func.max(own.c.id)).group_by(own.c.product_id)
    is_old = row.received_at < before
    stays = other.c.received_at >= before
    if product_ids is not None:
        newest = newest.where(own.c.product_id.in_(product_ids))
        is_old = and_(row.product_id.in_(product_ids), is_old)
        stays = or_(stays, other.c.product_id.not_in(product_ids))
    is_of_use = exists().where(other.c.base_id == row.id, or_(stays, other.c.id.in_(newest)))
    return and_(is_old, row.id.not_in(newest), ~is_of_use.correlate(raw_replies))


def read_evidence(connection: Connection, row: Row[Any]) -> Evidence:
    """Give the reply of a row of `raw_replies`; raises DamagedFramesError."""
    base: tuple[bytes, ...] = ()
    if row.base_id is not None:
        base_row = connection.execute(_by_id(row.base_id)).first()
        if base_row is None or base_row.base_id is not None:
            raise DamagedFramesError("the reply that it was packed beside is not there")
        base = unpack_frames(_packed_in(base_row))
    return evidence_of(row, unpack_frames(_packed_in(row), base), frozenset(row.gone))


def evidence_of(row: Row[Any], frames: tuple[bytes, ...], gone: frozenset[int]) -> Evidence:
    """Give the reply of a row with its frames; raises DamagedFramesError."""
    end = len(frames) - row.answer_count
    if end < 0:
        raise DamagedFramesError("it has fewer frames than answers")
    return Evidence(
        received_at=row.received_at,
        server_version=row.server_version,
        client_version=row.client_version,
        frames=frames[:end],
        symbol=row.symbol,
        exchange=row.exchange,
        include_expired=bool(row.include_expired),
        answers=frames[end:],
        gone=gone,
    )


def _packed(
    connection: Connection, evidence: Evidence, frames: tuple[bytes, ...]
) -> tuple[PackedFrames, int | None]:
    """The frames beside the newest reply to the same question kept in full, if that saves space."""
    if evidence.symbol is None:
        return pack_frames(frames), None
    question = {
        "symbol": evidence.symbol,
        "exchange": evidence.exchange,
        "include_expired": evidence.include_expired,
    }
    found = connection.execute(_NEWEST_WHOLE, question).first()
    if found is not None:
        try:
            base = unpack_frames(_packed_in(found))
        except DamagedFramesError:
            return pack_frames(frames), None
        packed = pack_frames(frames, base)
        if len(packed.frames) * _WORTH_A_BASE <= len(found.frames):
            return packed, int(found.id)
    return pack_frames(frames), None


def _by_id(reply_id: int) -> Select[Any]:
    return select(raw_replies).where(raw_replies.c.id == reply_id)


def _packed_in(row: Row[Any]) -> PackedFrames:
    return PackedFrames(**{name: getattr(row, name) for name in _PACKED})


# What every product of a run asks is built once: building takes longer than answering.
_NEWEST_WHOLE = (
    select(raw_replies.c.id, *(raw_replies.c[name] for name in _PACKED))
    .where(
        raw_replies.c.symbol == bindparam("symbol", type_=Text()),
        raw_replies.c.exchange.is_not_distinct_from(bindparam("exchange", type_=Text())),
        raw_replies.c.include_expired == bindparam("include_expired", type_=Boolean()),
        raw_replies.c.base_id.is_(None),
    )
    .order_by(raw_replies.c.id.desc())
    .limit(1)
)
_PRUNE = delete(raw_replies).where(
    prunable(
        bindparam("before", type_=raw_replies.c.received_at.type),
        bindparam("product_ids", type_=Integer(), expanding=True),
    )
)
