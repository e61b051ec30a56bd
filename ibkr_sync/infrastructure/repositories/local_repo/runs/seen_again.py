"""What is stored of products of which IBKR said again what it had said, for several together.

As nearly all of a night is: their rows go into each table by one statement, in one transaction.
Every function works inside the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.engine import Connection

from ibkr_sync.domain.evidence.acquired_future import RecognisedReply
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.hours.hours_by_day import days_of_rolled_hours
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_update
from ibkr_sync.infrastructure.repositories.local_repo.evidence.evidence_rows import keep_evidence
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import keep_days
from ibkr_sync.infrastructure.repositories.local_repo.products.schedules import find_to_roll
from ibkr_sync.infrastructure.repositories.local_repo.runs.outcomes import record_unchanged
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import products

_ROLLING = ("synced_at", "schedule_id", "reply_digest")


def write_seen_again(
    connection: Connection,
    replies: Mapping[FutureQuery, RecognisedReply],
    run: SyncRun,
    now: datetime,
    outdated_before: datetime | None,
) -> dict[FutureQuery, ChainDiff]:
    """Store that products were seen again, with the hours of now, and say so in the run.

    They are different ones. All contracts that a reply shows share their hours. Raw replies of
    these products that were received before an instant are let go. Gives what differs: nothing.
    """
    hours = {reply.product.key: reply.statement.schedule for reply in replies.values()}
    to_roll = find_to_roll(connection, hours)
    rolled = {query: to_roll[reply.product.key] for query, reply in replies.items()}
    ids = {query: found.product_id for query, found in rolled.items()}
    bulk_update(
        connection,
        products.c.id,
        _ROLLING,
        (
            (
                reply.given_at(now),
                rolled[query].schedule_id,
                reply.product.marked_again(query, reply.statement, reply.given_at(now)),
                ids[query],
            )
            for query, reply in replies.items()
        ),
    )
    days = {
        ids[query]: days_of_rolled_hours(
            found.before, replies[query].statement.schedule, found.time_zone
        )
        for query, found in rolled.items()
    }
    keep_days(connection, days, now)
    evidence = {ids[query]: reply.evidence for query, reply in replies.items()}
    keep_evidence(connection, evidence, run, outdated_before)
    diffs = {
        query: ChainDiff(unchanged=len(reply.statement.con_ids)) for query, reply in replies.items()
    }
    record_unchanged(
        connection,
        (
            (query, ids[query], diffs[query], reply.given_at(now))
            for query, reply in replies.items()
        ),
        run,
        now,
    )
    return diffs
