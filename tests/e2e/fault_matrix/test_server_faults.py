"""A server that ends sessions, refuses to write, is slow, full, elsewhere, or of another kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from e2e.command_line import wait_until
from e2e.fault_matrix.failing_stores import endure_failure, verdict
from e2e.fault_matrix.launchers import stepping
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.rig import Rig, asking, gateway_with, refuse_indiscretion
from e2e.fault_matrix.servers import (
    Sessions,
    as_administrator,
    end_sessions,
    schema_of,
    with_a_name,
    with_option,
)
from e2e.fault_matrix.steps import some_steps, steps_of, while_halted
from e2e.fault_matrix.stores import with_a_secret
from e2e.preloaded import Process
from gateway.faults import PauseAfterRows
from gateway.server import ScriptedGateway
from thoroughness import how_many, some_of

STALLED = PauseAfterRows(rows=5, seconds=2)
"""Leaves time to do something to a run that has asked."""


@pytest.fixture
def server_rig(server_rig: Rig) -> Rig:
    """With sessions that can be told from those of other tests."""
    server_rig.store.location = with_a_name(server_rig.store.location)
    return server_rig


@pytest.mark.parametrize("which", Sessions, ids=lambda which: which.name.lower())
def test_sessions_that_end_while_ibkr_is_waited_for_leave_each_product_old_or_new(
    server_rig: Rig, which: Sessions
) -> None:

    def end_them(_: Process, gateway: ScriptedGateway) -> None:
        wait_until(lambda: len(gateway.frames) >= 3)
        assert end_sessions(server_rig.store.location, which)

    endure_failure(server_rig, Ordeal(faults=[STALLED], during=end_them, seconds=STALLED.seconds))


def test_a_run_whose_lock_was_lost_writes_nothing_beside_the_next_one(server_rig: Rig) -> None:
    ordeal = Ordeal(code=7, message="kept other runs out", fate=Fate.RENEWED)
    before = server_rig.store.tables()
    with gateway_with(STALLED) as stalling, gateway_with() as gateway:

        def run_another(_: Process) -> None:
            wait_until(lambda: len(stalling.frames) >= 3)
            assert end_sessions(server_rig.store.location, Sessions.OLDEST)
            other = asking(["ES"], gateway.port)
            done = server_rig.command("--database", server_rig.store.location, *other)
            assert done.code == 0, done

        asked = asking(["ES"], stalling.port)
        endured = server_rig.run(*asked, gateway=stalling, during=run_another)
    server_rig.check_run(ordeal, endured)
    server_rig.check_database(ordeal, before)
    runs = server_rig.store.tables()["sync_runs"]
    assert [run["outcome"].value for run in runs[-2:]] == ["interrupted", "ok"]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "which",
    (Sessions.ALL, Sessions.OLDEST, Sessions.NEWEST)[: how_many(1, 3)],
    ids=lambda which: which.name.lower(),
)
def test_sessions_that_end_at_any_step_leave_each_product_old_or_new(
    server_rig: Rig, refill: Callable[[Rig], None], tmp_path: Path, which: Sessions
) -> None:
    steps = len(steps_of(server_rig, tmp_path))
    assert steps > 15
    ended = []
    ending = while_halted(lambda: ended.append(end_sessions(server_rig.store.location, which)))
    for step in some_steps(steps, which.name):
        refill(server_rig)
        endure_failure(server_rig, Ordeal(launcher=stepping("halt", step), during=ending))
    assert ended
    assert 0 not in ended


@pytest.mark.timeout(1200)
def test_a_commit_whose_answer_is_lost_leaves_each_product_old_or_new(
    server_rig: Rig, refill: Callable[[Rig], None], tmp_path: Path
) -> None:
    commits = steps_of(server_rig, tmp_path).count("COMMIT")
    assert commits > 3
    for commit in some_steps(commits, "lost answer"):
        refill(server_rig)
        endure_failure(server_rig, Ordeal(launcher=stepping("lose-committed", commit)))


def elsewhere(rig: Rig, location: str, ordeal: Ordeal) -> None:
    """Attempt to run on another location of the same store, or on none, and check the store."""
    usual, before = rig.store.location, rig.store.tables()
    rig.store.location = location
    endured = rig.attempt(ordeal)
    rig.store.location = usual
    rig.check(ordeal, endured, before)


@pytest.mark.representative
def test_a_server_that_is_read_only_changes_nothing(server_rig: Rig) -> None:
    location = with_option(server_rig.store.location, "default_transaction_read_only=on")
    elsewhere(server_rig, location, Ordeal(code=7, message="read-only"))


@pytest.mark.parametrize("table", some_of(["sync_runs", "contracts", "run_products"], 2))
def test_a_statement_that_takes_too_long_leaves_each_product_old_or_new(
    server_rig: Rig, table: str
) -> None:
    """It waits for what another session holds, as it would for a server that is overrun."""
    usual, before = server_rig.store.location, server_rig.store.tables()
    ordeal = Ordeal(code=7, message="a statement that took too long")
    server_rig.store.location = with_option(usual, "statement_timeout=300")
    with as_administrator(usual) as admin, admin.transaction():
        held = sql.SQL("LOCK TABLE {}.{}")
        admin.execute(held.format(sql.Identifier(schema_of(usual)), sql.Identifier(table)))
        endured = server_rig.attempt(ordeal)
    server_rig.store.location = usual
    server_rig.check(verdict(ordeal, endured), endured, before)
    assert endured.run.code == 7


def test_a_server_whose_statements_may_hardly_take_time_leaves_each_product_old_or_new(
    server_rig: Rig,
) -> None:
    usual, before = server_rig.store.location, server_rig.store.tables()
    server_rig.store.location = with_option(usual, "statement_timeout=1")
    ordeal = Ordeal()
    endured = server_rig.attempt(ordeal)
    server_rig.store.location = usual
    server_rig.check(verdict(ordeal, endured), endured, before)


@pytest.fixture
def role(postgres_url: str) -> Iterator[str]:
    """A role of the server that may have one connection, and the tests' schema."""
    name = f"limited_{uuid.uuid4().hex[:12]}"
    names = {"role": sql.Identifier(name), "schema": sql.Identifier(schema_of(postgres_url))}
    with as_administrator(postgres_url) as admin:
        admin.execute(sql.SQL("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1").format(**names))
        yield name
        for what in ("ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA", "SCHEMA"):
            revoke = f"REVOKE ALL ON {what} {{schema}} FROM {{role}}"
            admin.execute(sql.SQL(revoke).format(**names))
        admin.execute(sql.SQL("DROP ROLE {role}").format(**names))


def test_a_server_without_a_connection_to_spare_changes_nothing(server_rig: Rig, role: str) -> None:
    usual = server_rig.store.location
    names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema_of(usual))}
    with as_administrator(usual) as admin:
        for what in ("ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA", "SCHEMA"):
            grant = f"GRANT ALL ON {what} {{schema}} TO {{role}}"
            admin.execute(sql.SQL(grant).format(**names))
    limited = make_url(usual).set(username=role).render_as_string(hide_password=False)
    with as_administrator(limited):  # it has the one connection
        elsewhere(server_rig, limited, Ordeal(code=7))


def test_a_server_that_is_not_there_is_reported_without_the_password(rig: Rig) -> None:
    absent = with_a_secret("postgresql://trader@127.0.0.1:1/futures")
    elsewhere(rig, absent, Ordeal(code=7, message="127.0.0.1:1"))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"][: how_many(1, 2)])
def test_a_database_in_another_encoding_is_refused(server_rig: Rig, encoding: str) -> None:
    usual = server_rig.store.location
    name = sql.Identifier(f"encoded_{uuid.uuid4().hex[:12]}")
    creation = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'"
    with as_administrator(usual) as admin:
        admin.execute(sql.SQL(creation).format(name, sql.Literal(encoding)))
        try:
            other = make_url(usual).set(database=name.as_string()[1:-1])
            server_rig.store.location = other.render_as_string(hide_password=False)
            with gateway_with() as gateway:
                for command in (asking(["ES"], gateway.port), ["list"], ["db", "upgrade"]):
                    endured = server_rig.run(*command, gateway=gateway)
                    refuse_indiscretion(endured)
                    assert endured.run.code == 7
                    assert f"its encoding is {encoding}" in endured.run.message
                    assert "ENCODING 'UTF8'" in endured.run.message
                assert gateway.connections == 0
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
