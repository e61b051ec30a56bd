"""A database that others use at the same time, or have used before."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from e2e.command_line import wait_until
from e2e.fault_matrix.lateness import TOLERANCE
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.processes import is_alive, send
from e2e.fault_matrix.rig import Rig, asking, gateway_with
from e2e.fault_matrix.stores import Store
from e2e.preloaded import Process
from gateway.faults import Silence
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

BUSY_TIMEOUT = 5.0
"""Seconds for which a transaction waits for another one."""

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
        began = time.monotonic()
        release.start()
        endured = each_rig.attempt(ordeal)
        took = time.monotonic() - began
        release.join()
    each_rig.check(ordeal, endured, before)
    assert took >= 1


def test_a_writer_that_does_not_end_is_given_up_at_the_busy_timeout(each_rig: Rig) -> None:
    ordeal = Ordeal(code=7, message="locked", seconds=BUSY_TIMEOUT)
    before = each_rig.store.tables()
    with another_writer(each_rig.store):
        endured = each_rig.attempt(ordeal)
    each_rig.check(ordeal, endured, before)
    assert endured.took >= BUSY_TIMEOUT


def test_a_reader_that_looks_at_an_old_state_hinders_no_writer(each_rig: Rig) -> None:
    ordeal = Ordeal(fate=Fate.RENEWED, connections=1)
    before = each_rig.store.tables()
    with Database(each_rig.store.location) as database, database.read() as reader:
        count = text("SELECT count(*) FROM sync_runs")
        assert reader.execute(count).scalar_one() == 1
        endured = each_rig.attempt(ordeal)
        assert reader.execute(count).scalar_one() == 1
    each_rig.check(ordeal, endured, before)


@pytest.mark.representative
@pytest.mark.parametrize("left_over", ["-wal", "-journal", ".lock"])
def test_what_another_program_left_beside_the_file_hinders_nothing(
    rig: Rig, left_over: str
) -> None:
    Path(f"{rig.store.path}{left_over}").write_bytes(os.urandom(3000))
    rig.endure(Ordeal(fate=Fate.RENEWED, connections=1))


def test_a_second_run_ends_at_once_while_one_waits(each_rig: Rig) -> None:
    """Where the machine holds it up, that is the quickest of three."""
    before = each_rig.store.tables()
    took: list[float] = []
    with gateway_with(Silence()) as gateway:
        asked = asking(["ES"], gateway.port)

        def start_others(first: Process) -> None:
            wait_until(lambda: gateway.connections)
            while len(took) < 3 and min(took, default=TOLERANCE) >= TOLERANCE:
                began = time.monotonic()
                other = each_rig.command("--database", each_rig.store.location, *asked)
                took.append(time.monotonic() - began)
                assert (other.code, other.out) == (75, "")
            assert is_alive(first)
            send(first, signal.SIGTERM)

        first = each_rig.run(*asked, gateway=gateway, during=start_others)
    assert first.run.code == 143
    each_rig.check_database(Ordeal(), before)
    assert min(took) <= TOLERANCE + 3 * each_rig.recover(Ordeal()).took
