"""Complete replies that could not be used, as rows: whole, each by itself, and not for ever.

They have a table of their own, so that no question about evidence has to pass over them. Every
function works inside the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.evidence.evidence_rows import evidence_of
from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import (
    PackedFrames,
    pack_frames,
    unpack_frames,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    refused_replies,
    run_products,
)


def keep_refused(connection: Connection, evidence: Evidence, run: SyncRun) -> None:
    """Keep the reply that the run's last outcome, just recorded, is about."""
    outcome = select(func.max(run_products.c.id)).where(run_products.c.run_id == run.run_id)
    packed = pack_frames((*evidence.frames, *evidence.answers))
    row = {
        "outcome_id": connection.execute(outcome).scalar_one(),
        "received_at": evidence.received_at,
        "server_version": evidence.server_version,
        "client_version": evidence.client_version,
        "symbol": evidence.symbol,
        "exchange": evidence.exchange,
        "include_expired": evidence.include_expired,
        "answer_count": len(evidence.answers),
        "frame_count": packed.frame_count,
        "sha256": packed.sha256,
        "frames": packed.frames,
    }
    connection.execute(insert(refused_replies), row)


def prune_refused(connection: Connection, before: datetime) -> None:
    """Let go of all that were received before an instant."""
    connection.execute(_PRUNE, {"before": before})


def read_refused(row: Row[Any]) -> Evidence:
    """Give the reply of a row of `refused_replies`; raises DamagedFramesError."""
    packed = PackedFrames(frames=row.frames, sha256=row.sha256, frame_count=row.frame_count)
    return evidence_of(row, unpack_frames(packed), frozenset())


_PRUNE = delete(refused_replies).where(
    refused_replies.c.received_at < bindparam("before", type_=refused_replies.c.received_at.type)
)
