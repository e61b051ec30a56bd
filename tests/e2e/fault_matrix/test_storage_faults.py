"""A database that is busy, damaged, of another version, or on a server that goes away."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from e2e.command_line import wait_until
from e2e.fault_matrix.lateness import TOLERANCE
from e2e.fault_matrix.processes import is_alive
from e2e.fault_matrix.rig import Fate, Ordeal, Rig, asking, gateway_with
from e2e.fault_matrix.stores import Store, contents, with_a_secret
from ibkr_sync.infrastructure.replay.faults import PauseAfterRows, Silence
from ibkr_sync.infrastructure.replay.server import ReplayGateway

BUSY_TIMEOUT = 5.0
"""Seconds for which a transaction waits for another one."""

STALLED = PauseAfterRows(rows=5, seconds=2)
"""Leaves time to do something to a run that has asked."""

_WRITE_LOCK = (
    "SELECT pg_advisory_xact_lock(hashtext('ibkr-sync write'), hashtext(current_schema()))"
)


@contextmanager
def another_writer(store: Store) -> Iterator[Callable[[], None]]:
    """Hold what a writer holds; gives what lets go of it."""
    with ExitStack() as stack:
        if "://" in store.location:
            connection = stack.enter_context(psycopg.connect(store.location))
            connection.execute(_WRITE_LOCK)
            yield connection.rollback
            return
        other = stack.enter_context(closing(sqlite3.connect(store.path, check_same_thread=False)))
        other.execute("BEGIN IMMEDIATE")
        yield other.rollback


def test_a_writer_that_ends_soon_is_waited_for(each_rig: Rig) -> None:
    ordeal = Ordeal(fate=Fate.RENEWED, connections=1, seconds=1)
    before = each_rig.store.tables()
    with another_writer(each_rig.store) as let_go:
        release = threading.Timer(1, let_go)
        release.start()
        endured = each_rig.attempt(ordeal)
        release.join()
    each_rig.check(ordeal, endured, before)
    assert endured.took >= 1


def test_a_writer_that_does_not_end_is_given_up_at_the_busy_timeout(each_rig: Rig) -> None:
    ordeal = Ordeal(code=7, told="locked", seconds=BUSY_TIMEOUT)
    before = each_rig.store.tables()
    with another_writer(each_rig.store):
        endured = each_rig.attempt(ordeal)
    each_rig.check(ordeal, endured, before)
    assert endured.took >= BUSY_TIMEOUT


def as_administrator(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection of our own to the server that a URL names."""
    made = make_url(url)
    plain = made.set(query={"host": made.query["host"]})
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def sessions_ended(url: str) -> int:
    """End the sessions that hold a run's lock on a schema; gives how many there were."""
    schema = str(make_url(url).query["options"]).partition("=")[2]
    with as_administrator(url) as admin:
        rows = admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'ibkr-sync' AND pid IN (SELECT pid FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = hashtext(%s)::bit(32)::bigint)",
            [schema],
        ).fetchall()
    return len(rows)


def test_a_server_that_ends_the_session_of_a_run_leaves_each_product_old_or_new(
    server_rig: Rig,
) -> None:

    def end_it(_: subprocess.Popen[bytes], gateway: ReplayGateway) -> None:
        wait_until(lambda: len(gateway.frames) >= 3)
        assert sessions_ended(server_rig.store.location)

    server_rig.endure(
        Ordeal(
            faults=[STALLED],
            code=frozenset((0, 7)),
            fate=Fate.OLD_OR_NEW,
            during=end_it,
            seconds=STALLED.seconds,
        )
    )


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("default_transaction_read_only=on", "read-only"),
        ("statement_timeout=1", ""),
    ],
    ids=["read-only", "statement-timeout"],
)
def test_a_server_that_refuses_to_write_changes_nothing(
    server_rig: Rig, setting: str, told: str
) -> None:
    usual = server_rig.store.location
    url = make_url(usual)
    options = f"{url.query['options']} -c{setting}"
    limited = url.update_query_dict({"options": options}).render_as_string(hide_password=False)
    ordeal = Ordeal(code=frozenset((0, 7)) if not told else 7, told=told, fate=Fate.OLD_OR_NEW)
    before = server_rig.store.tables()
    server_rig.store.location = limited
    endured = server_rig.attempt(ordeal)
    server_rig.store.location = usual
    server_rig.check(ordeal, endured, before)


@pytest.fixture
def role(postgres_url: str) -> Iterator[str]:
    """A role of the server that may have one connection, and the tests' schema."""
    name = f"limited_{uuid.uuid4().hex[:12]}"
    url = make_url(postgres_url)
    schema = str(url.query["options"]).partition("=")[2]
    with as_administrator(postgres_url) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 1").format(sql.Identifier(name))
        )
        yield name
        admin.execute(
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {0} FROM {1};"
                    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {0} FROM {1};"
                    "REVOKE ALL ON SCHEMA {0} FROM {1}; DROP ROLE {1}")
            .format(sql.Identifier(schema), sql.Identifier(name))
        )  # fmt: skip


def test_a_server_without_a_connection_to_spare_changes_nothing(server_rig: Rig, role: str) -> None:
    usual = server_rig.store.location
    url = make_url(usual)
    schema = str(url.query["options"]).partition("=")[2]
    with as_administrator(usual) as admin:
        admin.execute(
            sql.SQL("GRANT ALL ON SCHEMA {0} TO {1}; GRANT ALL ON ALL TABLES IN SCHEMA {0} TO {1};"
                    "GRANT ALL ON ALL SEQUENCES IN SCHEMA {0} TO {1}")
            .format(sql.Identifier(schema), sql.Identifier(role))
        )  # fmt: skip
    ordeal = Ordeal(code=7)
    before = server_rig.store.tables()
    server_rig.store.location = url.set(username=role).render_as_string(hide_password=False)
    with as_administrator(server_rig.store.location):  # it has the one connection
        endured = server_rig.attempt(ordeal)
    server_rig.store.location = usual
    server_rig.check(ordeal, endured, before)


def test_a_server_that_is_not_there_is_told_without_the_password(rig: Rig) -> None:
    usual = rig.store.location
    before = rig.store.tables()
    rig.store.location = with_a_secret("postgresql://trader@127.0.0.1:1/futures")
    ordeal = Ordeal(code=7, told="127.0.0.1:1")
    endured = rig.attempt(ordeal)
    rig.store.location = usual
    rig.check(ordeal, endured, before)


def test_a_file_and_a_server_come_to_hold_the_same(rig: Rig, server_rig: Rig) -> None:
    everything = ("ES", "VIX", "CL", "NQ", "GC")
    for each in (rig, server_rig):
        each.endure(Ordeal(symbols=everything, fate=Fate.RENEWED, connections=1))
    assert contents(rig.store.tables()) == contents(server_rig.store.tables())


@pytest.mark.parametrize("left_over", ["-wal", "-journal", ".lock"])
def test_what_another_program_left_beside_the_file_hinders_nothing(
    rig: Rig, left_over: str
) -> None:
    Path(f"{rig.store.path}{left_over}").write_bytes(os.urandom(3000))
    rig.endure(Ordeal(fate=Fate.RENEWED, connections=1))


def test_a_second_run_ends_at_once_while_one_waits(each_rig: Rig) -> None:
    """The quickest of three; a machine that is busy may hold up one of them."""
    before = each_rig.store.tables()
    took = []
    with gateway_with(Silence()) as gateway:
        asked = asking(["ES"], gateway.port)

        def start_others(first: subprocess.Popen[bytes]) -> None:
            wait_until(lambda: gateway.connections)
            for _ in range(3):
                began = time.monotonic()
                other = each_rig.command("--database", each_rig.store.location, *asked)
                took.append(time.monotonic() - began)
                assert (other.code, other.out) == (75, "")
            assert is_alive(first)
            os.kill(first.pid, signal.SIGTERM)

        first = each_rig.run(*asked, gateway=gateway, during=start_others)
    assert first.run.code == 143
    each_rig.check_database(Ordeal(), before)
    assert min(took) <= TOLERANCE + 3 * each_rig.recover(Ordeal()).took
