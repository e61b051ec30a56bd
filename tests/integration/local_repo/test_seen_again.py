"""Recognised replies leave the same, stored together or each by itself."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from contracts import examples
from contracts.future_port import NOW_PLEASE, query_for
from example_products import everything
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import TradingSchedule, TradingSession
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, Evidence, RecognisedReply
from ibkr_sync.domain.evidence.recognition import ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import LocalKeptHours
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from integration.local_repo.products import repository

DAX = examples.with_chain(examples.DAX, 3, first_con_id=1)
CRUDE_OIL = examples.with_chain(examples.CRUDE_OIL, 4, first_con_id=11)


def left_by(*, together: bool) -> list[object]:
    """What two products are like after nights on which each says the same at other hours."""
    clock = FakeClock()
    with Database(":memory:") as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            for product in (DAX, CRUDE_OIL):
                acquired = AcquiredFuture(
                    product=product,
                    statement=statement(product, usual_hours(product)),
                    evidence=evidence(product, clock),
                )
                local.get_or_create_entity(acquired, query_for(product), NOW_PLEASE, run)
        updates: list[FutureUpdate[Future]] = []
        for night in (1, 2):
            clock.advance(days=1)
            replies = said_again(local, night, clock)
            groups = [replies] if together else [{query: replies[query]} for query in replies]
            with local.sync_run(Origin.IBKR) as run:
                updates += [update for group in groups for update in local.store_again(group, run)]
        stored = [local.get_by_symbol(query) for query in replies]
        kept = LocalKeptHours(database)
        with database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT run_id, product_id, frames, sha256, base_id FROM raw_replies ORDER BY id"
            ).all()
            outcomes = connection.exec_driver_sql("SELECT * FROM run_products ORDER BY id").all()
            days = connection.exec_driver_sql(
                "SELECT product_id, day, seen_at FROM hours_days ORDER BY 1, 2, 3"
            ).all()
        assert {contract.schedule for product in stored for contract in product.contracts} == {
            reply.statement.schedule for reply in replies.values()
        }
        return [
            *((update.query, update.diff, update.is_recognised) for update in updates),
            *map(everything, stored),
            *(kept.hours_by_day(product.key) for product in stored),
            *(rows, outcomes, days),
        ]


def said_again(
    local: LocalFutureRepository[Future], night: int, clock: FakeClock
) -> dict[FutureQuery, RecognisedReply]:
    """A reply about each product, with other hours than about the other."""
    known = local.remembered([query_for(DAX), query_for(CRUDE_OIL)])
    return {
        query_for(product): RecognisedReply(
            product=known[query_for(product)],
            statement=statement(product, rolled(usual_hours(product), night, hours)),
            evidence=evidence(product, clock),
        )
        for hours, product in enumerate((DAX, CRUDE_OIL), start=1)
    }


def usual_hours(product: Future) -> TradingSchedule:
    """The hours that all contracts of an example have."""
    (schedule,) = {contract.schedule for contract in product.contracts}
    assert schedule is not None
    return schedule


def rolled(schedule: TradingSchedule, night: int, hours: int) -> TradingSchedule:
    """The same sessions, so many hours later, on each of three days from so many on."""
    sessions = tuple(
        TradingSession(opens_at=entry.opens_at + by, closes_at=entry.closes_at + by)
        for by in (timedelta(days=day, hours=hours) for day in range(night, night + 3))
        for entry in schedule.trading_sessions or ()
        if isinstance(entry, TradingSession)
    )
    return dataclasses.replace(schedule, trading_sessions=sessions, liquid_sessions=sessions)


def statement(product: Future, schedule: TradingSchedule) -> ReplyStatement:
    """What a reply with the whole chain says."""
    con_ids = frozenset(contract.con_id for contract in product.contracts)
    return ReplyStatement(digest=f"of {product.key}", con_ids=con_ids, schedule=schedule)


def evidence(product: Future, clock: FakeClock) -> Evidence:
    """Its raw reply, which differs from day to day."""
    frames = (f"{product.key} {clock.now:%d}".encode() * 9,)
    return Evidence(
        received_at=clock.now,
        server_version=157,
        client_version="9.81",
        frames=frames,
        symbol=product.symbol,
        exchange=product.exchange,
    )


def test_recognised_products_are_stored_together_as_by_themselves() -> None:
    assert left_by(together=True) == left_by(together=False)
