"""Whatever is wrong with a database, the diagnosis names it and leaves it as it was."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from databases import fingerprints
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import DatabaseUnavailableError
from ibkr_sync.domain.runs.diagnosis.database import (
    DatabaseFacts,
    LockFacts,
    judge_database,
    judge_lock,
)
from ibkr_sync.domain.runs.diagnosis.findings import Check, Level
from ibkr_sync.infrastructure.repositories.local_repo import database_probe
from ibkr_sync.infrastructure.repositories.local_repo.database import lock_holder
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database_probe import DatabaseProbe
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.messages.fixes import explain_finding
from integration.local_repo.products import repository


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no fault of a database."""
    monkeypatch.setattr(database_probe, "_MOST_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions count as for a file's owner, as root may do everything."""

    def allows(path: Path, needed: int) -> bool:
        return path.stat().st_mode >> 6 & needed == needed

    monkeypatch.setattr(os, "access", allows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "own.db"
    with Database(path) as database:
        upgrade(database)
    path.chmod(0o600)
    return path


def probe_of(location: str | Path) -> DatabaseProbe:
    return DatabaseProbe(partial(Database, location), FakeClock())


def run_sql(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()

    return change


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 4096 + content[8192:])


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_text(path: Path) -> None:
    path.write_text("not a database, but a text that is longer than its header would be " * 4)


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda _: None, ""),
        (damage, "is damaged"),
        (run_sql("UPDATE alembic_version SET version_num = 'ibkr_sync_0001'"), "older version"),
        (run_sql("UPDATE alembic_version SET version_num = 'ibkr_sync_9999'"), "newer version"),
        (run_sql("PRAGMA application_id = 7"), "is not a database of ibkr-sync"),
        (run_sql("DROP TABLE contracts"), "its schema lacks table contracts"),
        (replace_by_text, "is not a database of ibkr-sync"),
        (replace_by_folder, "it is not a file"),
        (lambda path: path.chmod(0o400), "this user may not write to"),
        (lambda path: path.with_name("own.db.lock").touch(0o400), "own.db.lock"),
        (lambda path: path.parent.chmod(0o500), "can't be used"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    path: Path, harm: Callable[[Path], None], word: str
) -> None:
    harm(path)
    before = fingerprints(path.parent)

    first, *_ = judge_database(probe_of(path).facts(), None)

    message = explain_finding(first)
    assert (first.level, message.exit_code) == ((Level.FAILURE, 7) if word else (Level.OK, 0))
    assert word in message.sentence
    assert str(path) in message.sentence
    assert fingerprints(path.parent) == before


def test_a_new_database_needs_a_folder_that_can_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    (finding,) = judge_database(probe_of(tmp_path / "own.db").facts(), None)
    assert explain_finding(finding).next_step == (
        f"Let this user write to it: chmod u+rwX {tmp_path}"
    )


def test_a_database_that_another_program_keeps_locked_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_probe, "_LONGEST_WAIT", timedelta(seconds=0.1))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        first, *_ = judge_database(probe_of(path).facts(), None)
    assert "is locked by another program" in explain_finding(first).sentence


def test_what_can_t_be_locked_fails_doctor_as_it_fails_a_run(path: Path) -> None:
    path.with_name("own.db.lock").mkdir()
    finding = judge_lock(probe_of(path).lock(), None)
    with (
        pytest.raises(DatabaseUnavailableError) as failure,
        Database(path) as database,
        repository(database, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass
    assert explain_finding(finding) == explain_error(failure.value)


def test_a_folder_that_is_not_there_is_no_empty_database(tmp_path: Path) -> None:
    (finding,) = judge_database(probe_of(tmp_path / "none" / "own.db").facts(), None)
    assert "there is no directory" in explain_finding(finding).sentence


def test_what_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    facts = probe_of(tmp_path / "own.db").facts()
    assert facts == DatabaseFacts(name=str(tmp_path / "own.db"), is_sound=True)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    probe = probe_of("postgresql://trader:geheim@127.0.0.1:1/futures")
    (finding,) = judge_database(probe.facts(), None)
    message = explain_finding(finding)
    assert message.exit_code == 7
    assert "127.0.0.1:1" in message.sentence
    assert "geheim" not in repr(finding) + message.sentence
    assert probe.lock().error is not None


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_probe, "_MOST_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        probe = probe_of(f"postgresql://trader@127.0.0.1:{silent.getsockname()[1]}/futures")
        (finding,) = judge_database(probe.facts(), None)
    assert "no answer within 0.1 s" in explain_finding(finding).sentence


def test_a_file_is_reported_with_what_it_takes_and_whose_it_is(path: Path) -> None:
    path.chmod(0o640)
    with Database(path) as database, repository(database, FakeClock()).sync_run(Origin.IBKR):
        pass
    facts = probe_of(path).facts()
    assert (facts.is_sound, facts.path, facts.mode) == (True, str(path), 0o640)
    assert facts.size >= 4096
    assert facts.last_run is not None
    found = {finding.check: finding.level for finding in judge_database(facts, timedelta(days=1))}
    assert found[Check.PERMISSIONS] is Level.WARNING


@pytest.mark.parametrize("kind", ["file", "server"])
def test_who_holds_the_lock_is_seen_without_touching_it(
    path: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = path if kind == "file" else request.getfixturevalue("postgres_tables_url")
    probe = probe_of(location)
    with Database(location) as database:
        with repository(database, FakeClock()).sync_run(Origin.IBKR):
            held = probe.lock()
            monkeypatch.setattr(lock_holder, "_LOCKS", path)  # as a container's, which lists none
            assert probe.lock().is_held is True
        free = probe.lock()
    assert (held.is_held, free.is_held) == (True, False)
    if kind == "file" and Path("/proc/locks").exists():
        assert held == LockFacts(is_held=True, holder=f"process {os.getpid()}")
    if kind == "server":
        assert str(held.holder).startswith("server session ")


def test_a_run_waits_for_who_looks_whether_one_is_at_work(path: Path) -> None:
    with path.with_name("own.db.lock").open("w") as lock, Database(path) as database:
        fcntl.flock(lock, fcntl.LOCK_SH)
        looking = threading.Timer(0.3, fcntl.flock, (lock, fcntl.LOCK_UN))
        looking.start()
        with repository(database, FakeClock()).sync_run(Origin.IBKR):
            pass
        looking.join()
