"""What an answer reads is of one state of the database, and is read once."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, Engine

from contracts.examples import DAX as FDAX
from contracts.examples import ES
from contracts.future_port import by_symbol
from fakes.clock import FakeClock
from fakes.recordings import recording_of
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import ProductNotFoundError, StorageError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync_cli.app import app
from ibkr_sync_cli.terminal.output import Output
from integration.local_repo.products import repository, store
from one_case import one_case

NEXT_DAY = FakeClock().now + timedelta(days=1)
LATER = dataclasses.replace(ES, name="E-mini, renamed", synced_at=NEXT_DAY)


@pytest.fixture(params=["sqlite_tables_path", "postgres_tables_url"], ids=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest) -> str:
    found = str(request.getfixturevalue(request.param))
    put(found, ES)
    return found


def put(location: str, product: Future) -> None:
    """Store a product from elsewhere, maybe while somebody reads."""
    with Database(location) as database:
        store_in(database, product)


def store_in(database: Database, product: Future) -> None:
    clock = FakeClock(product.synced_at or FakeClock().now)
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, product, run, clock)


def reader(database: Database) -> LocalFutureRepository[Future]:
    return repository(database, FakeClock())


def rename(location: str) -> None:
    put(location, LATER)


def test_all_reads_of_a_snapshot_see_one_state(location: str) -> None:
    with Database(location) as database:
        local = reader(database)
        with database.snapshot():
            before = local.get_by_symbol(by_symbol(ES))
            rename(location)
            assert local.list_products()[0].name == ES.name
            assert local.get_by_symbol(by_symbol(ES)) is before
        assert local.get_by_symbol(by_symbol(ES)).name == LATER.name


def test_a_write_ends_the_state_and_what_is_read_then_is_of_a_new_one(location: str) -> None:
    with Database(location) as database, database.snapshot():
        local = reader(database)
        assert local.get_by_symbol(by_symbol(ES)).name == ES.name
        store_in(database, LATER)
        assert local.get_by_symbol(by_symbol(ES)).name == LATER.name


def test_a_failure_ends_the_state_and_the_next_read_begins_another(location: str) -> None:
    with Database(location) as database, database.snapshot():
        local = reader(database)
        with pytest.raises(StorageError), database.read() as connection:
            connection.execute(text("SELECT nothing FROM nowhere"))
        with pytest.raises(ProductNotFoundError):
            local.get_by_symbol(dataclasses.replace(by_symbol(ES), exchange="NOPE"))
        assert local.get_by_symbol(by_symbol(ES)).name == ES.name


def test_of_many_products_only_some_are_held(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(location, FDAX)
    monkeypatch.setattr(reads, "_MOST_LOADED", 1)
    with Database(location) as database, database.snapshot():
        local = reader(database)
        first, _other = local.get_by_symbol(by_symbol(ES)), local.get_by_symbol(by_symbol(FDAX))
        again = local.get_by_symbol(by_symbol(ES))
        assert (again == first, again is first) == (True, False)


def test_a_thread_sees_the_snapshot_of_no_other(location: str) -> None:
    names = []
    with Database(location) as database, database.snapshot():
        local = reader(database)
        local.get_by_symbol(by_symbol(ES))
        rename(location)
        other = threading.Thread(
            target=lambda: names.append(local.get_by_symbol(by_symbol(ES)).name)
        )
        other.start()
        other.join()
        assert [*names, local.get_by_symbol(by_symbol(ES)).name] == [LATER.name, ES.name]


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield
    root.handlers, level = before
    root.setLevel(level)


@pytest.fixture
def statements() -> Iterator[Counter[str]]:
    """How often each statement was sent, by any engine."""
    counted: Counter[str] = Counter()

    def count(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        counted["BEGIN" if statement.startswith("BEGIN") else statement] += 1

    event.listen(Engine, "before_cursor_execute", count)
    yield counted
    event.remove(Engine, "before_cursor_execute", count)


@pytest.mark.usefixtures("own_logging")
@one_case(
    "command",
    [
        "show ES",
        "show ES2612",
        "show ES --as-of 2026-11-23T12:00Z",
        "next ES",
        "hours ES",
        "history ES",
        "changes",
        "expirations",
        "rolls ES",
        "list",
        "check",
        "runs",
        "audit",
    ],
)
def test_a_command_reads_in_one_transaction_and_a_chain_once(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statements: Counter[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    put(str(tmp_path / "own.db"), ES)
    statements.clear()
    words = ["--database", "own.db", *command.split(), "--json"]
    with time_machine.travel(FakeClock().now, tick=False):
        code = app(words, obj=Output(color=False), standalone_mode=False)
    assert code in (None, 0, 6)
    json.loads(capsys.readouterr().out)
    chains = sum(count for text, count in statements.items() if "product_id IN" in text)
    assert (statements["BEGIN"], chains <= 1) == (1, True), statements


@pytest.mark.usefixtures("own_logging")
def test_a_stored_product_is_brought_up_to_date_in_four_transactions(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statements: Counter[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with ScriptedGateway(recording_of(ES)) as gateway:
        source = ["--source", "ibkr", "--port", str(gateway.port), "--json"]
        words = ["--database", "own.db", "get", "ES", *source]
        for _ in range(2):
            statements.clear()
            assert app(words, obj=Output(color=False), standalone_mode=False) in (None, 0)
    assert '"unchanged"' in capsys.readouterr().out
    begun = [text for text in statements.elements() if text == "BEGIN"]
    assert len(begun) == 4, "it looks, opens the run, stores and ends it, and reports"
