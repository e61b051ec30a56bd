"""A server that goes down, comes back, comes back as a standby, or has no session to spare.

What IBKR_SYNC_TEST_POSTGRES names is not ours to stop: these tests start a server of their own.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.fault_matrix.failing_stores import verdict
from e2e.fault_matrix.launchers import stepping
from e2e.fault_matrix.ordeals import Ordeal
from e2e.fault_matrix.own_server import OwnServer, started
from e2e.fault_matrix.rig import Endured, Rig
from e2e.fault_matrix.steps import some_steps, steps_of, while_halted
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

UP_AGAIN = 5.0
"""Seconds in which a server recovers."""


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    with started() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_server(own_server: OwnServer) -> str:
    """What the rig of this module's tests is on."""
    return own_server.url


@pytest.fixture
def steps(server_rig: Rig, refill: Callable[[Rig], None], tmp_path: Path) -> int:
    """How many statements and commits a run has."""
    count = len(steps_of(server_rig, tmp_path))
    assert count > 15
    refill(server_rig)
    return count


def nothing() -> None:
    """What needs no undoing."""


@pytest.fixture
def endure_at(
    server_rig: Rig, refill: Callable[[Rig], None]
) -> Callable[[int, Callable[[], None], Callable[[], None]], Endured]:
    """Act while a run halts at a step, undo that when it has ended, and check what must hold."""

    def endure(step: int, act: Callable[[], None], undo: Callable[[], None]) -> Endured:
        refill(server_rig)
        before = server_rig.store.tables()
        acted: list[int] = []

        def act_and_note() -> None:
            acted.append(step)
            act()

        ordeal = Ordeal(
            launcher=stepping("halt", step), during=while_halted(act_and_note), seconds=UP_AGAIN
        )
        try:
            endured = server_rig.attempt(ordeal)
        finally:
            undo()
        assert acted == [step], "the run ended before this step"
        server_rig.check(verdict(ordeal, endured), endured, before)
        return endured

    return endure


EndureAt = Callable[[int, Callable[[], None], Callable[[], None]], Endured]


@pytest.mark.timeout(1200)
def test_a_server_that_restarts_at_any_step_leaves_each_product_old_or_new(
    endure_at: EndureAt, own_server: OwnServer, steps: int
) -> None:
    for step in some_steps(steps, "restart"):
        endure_at(step, own_server.restart, nothing)


@pytest.mark.timeout(1200)
def test_a_server_that_goes_down_at_any_step_leaves_each_product_old_or_new(
    endure_at: EndureAt, own_server: OwnServer, steps: int
) -> None:
    for step in some_steps(steps, "stop"):
        endured = endure_at(step, own_server.stop, own_server.start)
        assert endured.run.code == 7 or step == steps  # the last one only frees the lock


@pytest.mark.timeout(1200)
def test_a_server_that_comes_back_as_a_standby_leaves_each_product_old_or_new(
    endure_at: EndureAt, own_server: OwnServer, steps: int
) -> None:
    for step in some_steps(steps, "standby"):
        endured = endure_at(step, own_server.become_standby, own_server.become_primary)
        assert endured.run.code == 7 or step == steps


def test_a_standby_is_read_and_not_written(server_rig: Rig, own_server: OwnServer) -> None:
    before = server_rig.store.tables()
    ordeal = Ordeal(code=7, message="read-only")
    own_server.become_standby()
    try:
        endured = server_rig.attempt(ordeal)
        shown = server_rig.run("show", "ES", "--json", verbose=False)
    finally:
        own_server.become_primary()
    assert (shown.run.code, shown.run.json["symbol"]) == (0, "ES")
    server_rig.check(ordeal, endured, before)


def test_a_server_without_a_session_to_spare_changes_nothing(
    server_rig: Rig, own_server: OwnServer
) -> None:
    before = server_rig.store.tables()
    ordeal = Ordeal(code=7, message="too many clients")
    own_server.take_all_sessions()
    try:
        endured = server_rig.attempt(ordeal)
    finally:
        own_server.give_sessions_back()
    server_rig.check(ordeal, endured, before)


@pytest.mark.timeout(1200)
def test_a_server_that_lets_nobody_in_from_any_step_on_leaves_each_product_old_or_new(
    endure_at: EndureAt, own_server: OwnServer, steps: int
) -> None:
    for step in some_steps(steps, "sessions"):
        endure_at(step, own_server.take_all_sessions, own_server.give_sessions_back)


def test_a_server_is_asked_to_notice_that_a_machine_is_gone() -> None:
    """It probes only what comes over a network; by default after two hours."""
    port = free_port()
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    names = ("idle", "interval", "count")
    with (
        started(listen_addresses="127.0.0.1", port=port),
        Database(url) as database,
        database.read() as connection,
    ):
        shown = [
            connection.exec_driver_sql(f"SHOW tcp_keepalives_{name}").scalar_one() for name in names
        ]
    assert shown == ["30", "10", "3"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
