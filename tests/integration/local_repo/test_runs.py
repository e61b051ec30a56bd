"""Runs of several processes on one database."""

from __future__ import annotations

import itertools
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from contracts.future_port import by_symbol
from databases import before_each_step, dump
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    AlreadyRunningError,
    DatabaseUnavailableError,
    ReplyTimeoutError,
    RunInterrupted,
    StorageError,
)
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing
from integration.local_repo.holding_runs import hold
from integration.local_repo.products import OLD, repository, store

_DEAD = "UPDATE sync_runs SET outcome = 'running', finished_at = NULL WHERE id = :id"


@dataclass(frozen=True, slots=True)
class Program:
    """Another process, with the pipe to it."""

    process: ForkServerProcess
    pipe: Connection


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "futures.db"
    with Database(location) as database:
        yield database


@pytest.fixture
def local(database: Database) -> LocalFutureRepository[Future]:
    return repository(database, FakeClock())


@pytest.fixture
def start(database: Database, processes: ForkServerContext) -> Iterator[Callable[[], Program]]:
    """Start a program that is ready to open a run."""
    url = database.location.url
    location = str(database.path) if url is None else url.render_as_string(hide_password=False)
    with ExitStack() as programs:

        def start_one() -> Program:
            ours, others = processes.Pipe()
            process = processes.Process(target=hold, args=(location, others))
            process.start()
            others.close()
            programs.enter_context(ours)
            programs.callback(process.join)
            programs.callback(process.kill)
            return Program(process, ours)

        yield start_one


def say(program: Program) -> None:
    program.pipe.send("go on")


def heard(program: Program) -> str:
    return str(program.pipe.recv())


def test_a_run_is_refused_at_once_while_another_process_has_one(
    local: LocalFutureRepository[Future], start: Callable[[], Program]
) -> None:
    other = start()
    assert heard(other) == "ready"
    say(other)
    assert heard(other) == "open"
    began = time.monotonic()
    with pytest.raises(AlreadyRunningError), local.sync_run(Origin.IBKR):
        pass
    assert time.monotonic() - began < 20  # nor is it waited for a little
    say(other)
    other.process.join()
    with local.sync_run(Origin.IBKR):
        pass


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.faults)], indirect=True
)
def test_of_processes_that_start_together_exactly_one_runs(
    start: Callable[[], Program],
) -> None:
    programs = [start() for _ in range(4)]
    assert [heard(program) for program in programs] == ["ready"] * 4
    for program in programs:
        say(program)
    assert sorted(heard(program) for program in programs) == ["open"] + ["refused"] * 3


def test_the_lock_dies_with_its_process_and_the_next_run_closes_what_it_left_open(
    database: Database, local: LocalFutureRepository[Future], start: Callable[[], Program]
) -> None:
    other = start()
    heard(other)
    say(other)
    assert heard(other) == "open"
    other.process.kill()
    other.process.join()
    deadline = time.monotonic() + 30
    while True:
        try:
            with local.sync_run(Origin.IBKR):
                outcomes = [row.outcome.value for row in dump(database)["sync_runs"]]
            break
        except AlreadyRunningError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert outcomes == ["interrupted", "running"]
    first, second = dump(database)["sync_runs"]
    assert (first.finished_at, second.outcome.value) == (FakeClock().now, "ok")


def test_a_run_reports_for_those_that_died_since_one_reported(
    database: Database, local: LocalFutureRepository[Future]
) -> None:
    clock = FakeClock()
    local = repository(database, clock)

    def run(kind: RunKind = RunKind.REFRESH, *, dies: bool = False) -> tuple[int, ...]:
        clock.advance(minutes=1)
        with local.sync_run(Origin.IBKR, kind) as run:
            clock.advance(minutes=1)
        if dies:
            with database.write() as connection:
                found = {"id": run.run_id}
                connection.execute(text(_DEAD), found)
        return run.unreported

    assert run() == run(dies=True) == ()
    assert run() == (2,)
    assert run(dies=True) == run(RunKind.NAMED_REFRESH, dies=True)[1:] == ()
    assert run(RunKind.IMPORT) == run(RunKind.GET) == (5, 4)
    assert run() == ()
    with suppress(RunInterrupted), local.sync_run(Origin.IBKR, RunKind.REFRESH):
        raise RunInterrupted(signal.SIGTERM)
    assert run() == ()


def test_the_first_reason_survives_when_the_end_of_a_run_can_not_be_recorded(
    database: Database, local: LocalFutureRepository[Future]
) -> None:
    def fail_in_every_way() -> None:
        with local.sync_run(Origin.IBKR):
            with database.write() as connection:
                connection.execute(text("ALTER TABLE sync_runs RENAME TO elsewhere"))
            raise ReplyTimeoutError("the first reason")

    with pytest.raises(ReplyTimeoutError, match="the first reason"):
        fail_in_every_way()


def test_a_run_whose_end_can_not_be_recorded_has_failed(
    database: Database, local: LocalFutureRepository[Future]
) -> None:
    with (
        pytest.raises(StorageError),
        local.sync_run(Origin.IBKR),
        database.write() as connection,
    ):
        connection.execute(text("ALTER TABLE sync_runs RENAME TO elsewhere"))


def test_a_run_that_is_stopped_while_its_end_is_recorded_was_interrupted(
    database: Database, local: LocalFutureRepository[Future]
) -> None:
    def stop_at(step: int) -> Callable[[int], None]:
        def stop(number: int) -> None:
            if number == step:
                raise RunInterrupted(signal.SIGTERM)

        return stop

    outcomes = []
    for step in itertools.count(1):
        with ExitStack() as stack:
            stack.enter_context(suppress(RunInterrupted))
            with local.sync_run(Origin.IBKR):
                stack.enter_context(before_each_step(stop_at(step)))
        (*_, run) = dump(database)["sync_runs"]
        outcomes.append(run.outcome.value)
        if outcomes[-1] == "ok":
            break
    assert step > 3
    assert set(outcomes[:-1]) == {"interrupted"}


def test_outcomes_say_what_was_asked_and_what_came_of_it(
    database: Database, local: LocalFutureRepository[Future]
) -> None:
    clock = FakeClock()
    failure = FutureFailure(query=by_symbol(OLD), error=ReplyTimeoutError("a\0b\ud800c"))
    with local.sync_run(Origin.IBKR) as run:
        local.record_failure(failure, run)
        store(local, OLD, run, clock)
        local.record_failure(failure, run)
    first, created, second = dump(database)["run_products"]
    (product,) = dump(database)["products"]
    assert (first.product_id, second.product_id) == (None, product.id)
    assert (first.error, first.message, first.exchange) == ("ReplyTimeoutError", "ab?c", None)
    assert (created.product_id, created.added, created.unchanged) == (product.id, 8, 0)


def test_a_stale_lock_file_with_any_content_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "futures.db.lock").write_text("pid 1 on another host")
    with (
        Database(tmp_path / "futures.db") as database,
        repository(database, FakeClock()).sync_run(Origin.IBKR) as run,
    ):
        assert run.run_id == 1


def test_a_lock_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "futures.db.lock").symlink_to(precious)
    with (
        Database(tmp_path / "futures.db") as database,
        pytest.raises(DatabaseUnavailableError, match=r"futures\.db\.lock"),
        repository(database, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass
    assert precious.read_text() == "precious"


def test_a_link_to_a_database_shares_its_lock(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "futures.db")
    with (
        Database(tmp_path / "futures.db") as database,
        Database(tmp_path / "link.db") as link,
        repository(database, FakeClock()).sync_run(Origin.IBKR),
        pytest.raises(AlreadyRunningError),
        repository(link, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass


def test_schemas_of_one_server_have_a_lock_each(postgres_server: str) -> None:
    names = [f"{name}_{uuid.uuid4().hex}" for name in ("one", "other")]
    with psycopg.connect(postgres_server, autocommit=True) as admin, ExitStack() as runs:
        for name in names:
            admin.execute(f"CREATE SCHEMA {name}")
            runs.callback(admin.execute, f"DROP SCHEMA {name} CASCADE")
            options = {"options": f"-csearch_path={name}"}
            url = make_url(postgres_server).update_query_dict(options)
            database = Database(url.render_as_string(hide_password=False))
            runs.enter_context(database)
            runs.enter_context(repository(database, FakeClock()).sync_run(Origin.IBKR))


def test_a_run_that_lost_its_lock_with_its_session_writes_nothing_more(
    postgres_server: str, postgres_url: str
) -> None:
    clock = FakeClock()
    with Database(postgres_url) as database, Database(postgres_url) as other:
        local, local_of_other = repository(database, clock), repository(other, clock)

        def lose_the_lock_and_go_on() -> None:
            with local.sync_run(Origin.IBKR) as run:
                with psycopg.connect(postgres_server, autocommit=True) as admin:
                    ending = "SELECT pg_terminate_backend(%s, 10000)"
                    admin.execute(ending, [database.run_session])
                with local_of_other.sync_run(Origin.IBKR):
                    for _ in range(2):
                        with pytest.raises(DatabaseUnavailableError, match="kept other runs out"):
                            store(local, OLD, run, clock)
                        assert dump(other)["contracts"] == []
                    store(local_of_other, OLD, run, clock)

        with pytest.raises(DatabaseUnavailableError):
            lose_the_lock_and_go_on()
        outcomes = [row.outcome.value for row in dump(other)["sync_runs"]]
        assert outcomes == ["interrupted", "ok"]


def delete(path: Path) -> None:
    path.unlink()


def replace_by_a_copy(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved"))


@pytest.mark.parametrize("do", [delete, replace_by_a_copy, move_away])
@pytest.mark.parametrize(
    ("name", "reason"),
    [("futures.db.lock", "keeps other runs out"), ("futures.db", "moved, deleted or replaced")],
)
def test_a_run_whose_files_are_no_longer_in_place_writes_nothing_more(
    tmp_path: Path, name: str, reason: str, do: Callable[[Path], None]
) -> None:
    clock = FakeClock()
    with Database(tmp_path / "futures.db") as database:
        local = repository(database, clock)

        def lose_the_file_and_go_on() -> None:
            with local.sync_run(Origin.IBKR) as run:
                do(tmp_path / name)
                with pytest.raises(DatabaseUnavailableError, match=reason):
                    store(local, OLD, run, clock)
                assert dump(database)["contracts"] == []

        with pytest.raises(DatabaseUnavailableError, match=reason):
            lose_the_file_and_go_on()
        is_there = (tmp_path / "futures.db").exists()
        if is_there:
            assert [row.outcome.value for row in dump(database)["sync_runs"]] == ["running"]
        else:
            for attempt in (dump, partial(store_in_a_run, clock=clock)):
                with pytest.raises(DatabaseUnavailableError, match="moved or deleted"):
                    attempt(database)
            assert not (tmp_path / "futures.db").exists()
    if is_there:
        with Database(tmp_path / "futures.db") as found:
            assert dump(found)["contracts"] == []
            store_in_a_run(found, clock)


def store_in_a_run(database: Database, clock: FakeClock) -> None:
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)


@pytest.mark.parametrize("name", ["futures.db.lock", "futures.db"])
def test_a_file_that_is_replaced_while_a_product_is_stored_leaves_it_as_it_was(
    tmp_path: Path, name: str
) -> None:
    with Database(tmp_path / "futures.db") as database:
        local = repository(database, FakeClock())

        def replace_it_within_a_transaction() -> None:
            with local.sync_run(Origin.IBKR), writing(database) as connection:
                connection.execute(text("DELETE FROM sync_runs"))
                replace_by_a_copy(tmp_path / name)

        with pytest.raises(DatabaseUnavailableError):
            replace_it_within_a_transaction()
        assert len(dump(database)["sync_runs"]) == 1


def test_a_run_that_has_ended_leaves_no_lock_to_look_for(tmp_path: Path) -> None:
    with Database(tmp_path / "futures.db") as database:
        store_in_a_run(database, FakeClock())
        delete(tmp_path / "futures.db.lock")
        store_in_a_run(database, FakeClock())
        delete(tmp_path / "futures.db.lock")
        with writing(database) as connection:
            connection.execute(text("DELETE FROM pins"))
