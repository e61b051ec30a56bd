"""Whatever fails while a product is stored, it is entirely old or entirely new."""

from __future__ import annotations

import itertools
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from contracts import examples
from contracts.future_port import by_symbol
from databases import dump, failing_at, refuse_damage
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    AlreadyRunningError,
    DatabaseUnavailableError,
    ReplyTimeoutError,
    StorageError,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import schema_status
from integration.local_repo.killed_runs import run_until
from integration.local_repo.products import NEW, OLD, repository, store


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "futures.db"
    with Database(location) as database:
        yield database


def check_soundness(database: Database) -> None:
    if database.path is not None:
        refuse_damage(database.path)


@pytest.mark.parametrize("stored", [None, OLD], ids=["new product", "stored product"])
def test_a_failure_at_any_statement_or_commit_leaves_the_database_as_it_was(
    database: Database, stored: Future | None
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        if stored is not None:
            store(local, stored, run, clock)
        before = dump(database)
        clock.advance(days=1)
        for step in itertools.count(1):
            with failing_at(step) as seen:
                try:
                    store(local, NEW, run, clock)
                except StorageError:
                    pass
                else:
                    break
            assert len(seen) == step
            assert dump(database) == before
            check_soundness(database)
        assert step > 8
        assert seen[-1] == "COMMIT"
        assert local.get_by_symbol(by_symbol(NEW)).contracts[0] == NEW.contracts[0]
        check_soundness(database)


def test_a_failure_while_a_failure_is_recorded_leaves_the_database_as_it_was(
    database: Database,
) -> None:
    local = repository(database, FakeClock())
    failure = FutureFailure(query=FutureQuery(symbol="ES"), error=ReplyTimeoutError("stalled"))
    with local.sync_run(Origin.IBKR) as run:
        before = dump(database)
        for step in itertools.count(1):
            with failing_at(step):
                try:
                    local.record_failure(failure, run)
                except StorageError:
                    assert dump(database) == before
                else:
                    break
        assert step > 2


def test_a_failure_while_a_run_opens_frees_the_lock(database: Database) -> None:
    local = repository(database, FakeClock())
    with local.sync_run(Origin.IBKR):
        pass
    before = dump(database)
    for step in itertools.count(1):
        opened = False
        with failing_at(step) as seen:
            try:
                with local.sync_run(Origin.IBKR):
                    opened = True
                    steps_to_open = len(seen)
            except StorageError:
                if not opened:
                    assert dump(database) == before
            else:
                break
        if opened:
            break
    assert step > steps_to_open > 2
    with local.sync_run(Origin.IBKR):
        pass


@pytest.mark.faults
def test_a_full_disk_leaves_every_product_old_or_new(tmp_path: Path) -> None:
    clock = FakeClock()
    large = examples.with_chain(examples.ES, 60, first_con_id=1000)
    with Database(tmp_path / "futures.db") as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, examples.CRUDE_OIL, run, clock)
        before = dump(database)["contracts"]
        with closing(sqlite3.connect(tmp_path / "futures.db")) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        refusals = 0
        for allowed in itertools.count(pages):
            database.close()
            with page_limit(allowed):
                refusal = attempt(local, large, clock)
            database.close()
            if refusal is None:
                break
            assert isinstance(refusal, DatabaseUnavailableError)
            assert "full" in refusal.detail
            refusals += 1
            assert dump(database)["contracts"] == before
            refuse_damage(tmp_path / "futures.db")
        assert refusals > 3
        assert local.get_by_symbol(by_symbol(large)).contracts == large.contracts


def attempt(
    local: LocalFutureRepository[Future], product: Future, clock: FakeClock
) -> StorageError | None:
    """Store a product in a run of its own, and give what made it fail."""
    try:
        with local.sync_run(Origin.IBKR) as run:
            store(local, product, run, clock)
    except StorageError as error:
        return error
    return None


@pytest.fixture
def kill_at(processes: ForkServerContext) -> Callable[[int, Database], None]:
    """Store the new product in a process of its own, which is killed at this step."""

    def kill(step: int, database: Database) -> None:
        url = database.location.url
        location = str(database.path) if url is None else url.render_as_string(False)
        process = processes.Process(target=run_until, args=(step, location))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL

    return kill


def test_a_run_killed_within_a_product_leaves_it_old_and_the_lock_free(
    database: Database, kill_at: Callable[[int, Database], None]
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)
    old = everything_of(database)
    kill_at(22, database)
    check_soundness(database)
    assert everything_of(database) == old
    open_next_run(local)
    assert [row.outcome.value for row in rows_of(database, "sync_runs")] == [
        *("ok", "interrupted", "ok"),
    ]


@pytest.mark.faults
def test_a_run_killed_at_any_step_leaves_the_product_old_or_new_and_the_lock_free(
    database: Database, kill_at: Callable[[int, Database], None]
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)
    old = everything_of(database)
    for step in itertools.count(1):
        kill_at(step, database)
        check_soundness(database)
        reached = everything_of(database)
        open_next_run(repository(database, clock))
        outcomes = {row.outcome.value for row in rows_of(database, "sync_runs")}
        assert outcomes <= {"ok", "interrupted"}
        if reached != old:
            break
    assert step > 12
    assert local.get_by_symbol(by_symbol(NEW)).contracts[0] == NEW.contracts[0]
    assert [row.outcome.value for row in rows_of(database, "run_products")] == [
        "created",
        "updated",
    ]


@pytest.mark.faults
def test_a_first_run_killed_at_any_step_leaves_no_schema_or_all_of_it(
    tmp_path: Path, kill_at: Callable[[int, Database], None]
) -> None:
    for step in itertools.count(1):
        with Database(tmp_path / f"{step}.db") as database:
            kill_at(step, database)
            is_empty = schema_status(database).is_empty
            repository(database, FakeClock()).list_products()
            assert attempt(repository(database, FakeClock()), OLD, FakeClock()) is None
            check_soundness(database)
        if not is_empty:
            break
    assert step > 20


def open_next_run(local: LocalFutureRepository[Future]) -> None:
    """Open and close a run; a server may take a moment to notice that the last one died."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with local.sync_run(Origin.IBKR):
                return
        except AlreadyRunningError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def rows_of(database: Database, table: str) -> list[Any]:
    return dump(database)[table]


def everything_of(database: Database) -> object:
    """All tables but the one that tells of runs."""
    tables = dump(database)
    return {name: rows for name, rows in tables.items() if name != "sync_runs"}


@contextmanager
def page_limit(pages: int) -> Iterator[None]:
    """Let no database grow beyond this many pages."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)
