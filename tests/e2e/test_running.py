"""Runs that meet: one at a time, and stopped within seconds when asked."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Way, finish, wait_until
from e2e.gateways import sample_gateway
from e2e.stored_rows import is_sound, kept, runs
from gateway.faults import Occasion, PauseAfterRows, Silence
from gateway.server import ScriptedGateway

FOREVER = 3600.0
"""Seconds that no test lasts; a process that waits for their end counts as hanging."""


def asking(database: Path, gateway: ScriptedGateway) -> list[str]:
    source = ["--source", "ibkr", "--port", str(gateway.port)]
    return ["--database", str(database), "get", "NQ", "ES", *source]


def holds_a_product(database: Path) -> bool:
    return any('INTO "products"' in row for row in kept(database))


@pytest.mark.parametrize(
    ("signal_number", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.faults)],
)
def test_a_stalled_run_excludes_others_and_stops_when_asked(
    ibkr_sync: CommandLine, tmp_path: Path, signal_number: int, code: int
) -> None:
    database = tmp_path / "own.db"
    with (
        sample_gateway(PauseAfterRows(symbol="ES", rows=4, seconds=FOREVER)) as gateway,
        ibkr_sync.running(*asking(database, gateway)) as stalled,
    ):
        wait_until(lambda: database.exists() and holds_a_product(database))
        before = kept(database)
        second = ibkr_sync(*asking(database, gateway))
        looking = ibkr_sync("--database", database, "list", "--json")
        connections = gateway.connections
        stalled.send_signal(signal_number)
        stopped = finish(stalled)

    assert (second.code, second.out) == (75, "")
    assert "Another run is at work on this database" in second.err
    assert connections == 1  # the second one did not bother the gateway
    assert [product["symbol"] for product in looking.json["products"]] == ["NQ"]
    assert stopped.code == code
    assert "error: Stopped." in stopped.err
    assert [row["outcome"] for row in stopped.rows("\t")] == ["created"]
    assert kept(database) == before
    assert is_sound(database)
    assert runs(database) == ["interrupted"]

    with sample_gateway() as gateway:
        again = ibkr_sync(*asking(database, gateway))
    assert again.code == 0
    assert [row["outcome"] for row in again.rows("\t")] == ["unchanged", "created"]


@pytest.mark.faults
def test_a_killed_run_keeps_what_was_complete_and_blocks_nobody(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    with (
        sample_gateway(PauseAfterRows(symbol="ES", rows=4, seconds=FOREVER)) as gateway,
        ibkr_sync.running(*asking(database, gateway)) as stalled,
    ):
        # We open and close the database all the time: that must not cost the run its writes.
        wait_until(lambda: database.exists() and holds_a_product(database))
        before = kept(database)
        stalled.kill()
        stalled.wait()
    assert kept(database) == before
    assert is_sound(database)
    assert runs(database) == ["running"]

    with sample_gateway() as gateway:
        again = ibkr_sync(*asking(database, gateway))

    assert again.code == 0
    assert [row["outcome"] for row in again.rows("\t")] == ["unchanged", "created"]
    assert runs(database) == ["interrupted", "ok"]


@pytest.mark.parametrize(
    "signal_number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.faults)]
)
def test_a_signal_during_the_handshake_ends_the_run_at_once(
    ibkr_sync: CommandLine, tmp_path: Path, signal_number: int
) -> None:
    database = tmp_path / "own.db"
    ibkr_sync.configure(f"[gateway]\nhandshake_timeout = {FOREVER}")
    with (
        sample_gateway(Silence(occasion=Occasion.HELLO)) as gateway,
        ibkr_sync.running(*asking(database, gateway)) as stalled,
    ):
        wait_until(lambda: gateway.connections == 1)
        stalled.send_signal(signal_number)
        stopped = finish(stalled)

    assert (stopped.code, stopped.out) == (128 + signal_number, "")
    assert "Traceback" not in stopped.err


@pytest.mark.faults
def test_a_signal_at_any_moment_of_the_start_is_heeded(ibkr_sync: CommandLine) -> None:
    ibkr_sync.way = Way.INSTALLED
    for after in (0.05, 0.1, 0.15, 0.2, 0.3, 0.5):
        with ibkr_sync.running("list") as process:
            time.sleep(after)
            process.send_signal(signal.SIGTERM)
            stopped = finish(process)
        # Before Python runs our code the signal kills, after the end it comes too late.
        assert stopped.code in {-signal.SIGTERM, 143, 0}, stopped
