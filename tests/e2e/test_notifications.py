"""Who is notified of a refresh, when, and of what; nobody of anything else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest

from e2e.command_line import CommandLine
from e2e.stored_rows import opened
from e2e.test_history import PRODUCT, changed, store, write
from fakes.watcher import Watcher, watching

REFRESH = ("refresh", "ES", "--source", "file:es.json")
KEEP = "import pathlib, sys; pathlib.Path('got').open('a').write(sys.stdin.read() + chr(10))"


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with watching() as server:
        yield server


def configured(ibkr_sync: CommandLine, *lines: str) -> tuple[str, str]:
    file = ibkr_sync.cwd / "own.toml"
    file.write_text("\n".join(("[notify]", *lines)), encoding="utf-8")
    file.chmod(0o600)
    return "--config", str(file)


def test_a_heartbeat_and_a_command_hear_of_each_refresh_that_matters(
    ibkr_sync: CommandLine, watcher: Watcher
) -> None:
    own = configured(
        ibkr_sync,
        f'ping_url = "{watcher.url}/uuid"',
        f"command = {json.dumps([sys.executable, '-c', KEEP])}",
    )
    store(ibkr_sync, PRODUCT)
    write(ibkr_sync, changed(multiplier=Decimal(2)))
    got = ibkr_sync(*own, "-q", "get", "ES", "--source", "file:es.json")
    write(ibkr_sync, changed(multiplier=Decimal(2), long_name="Mini"))
    calm = ibkr_sync(*own, "-q", *REFRESH)
    write(ibkr_sync, changed(multiplier=Decimal(5), long_name="Mini"))
    planned = ibkr_sync(*own, "-q", *REFRESH, "--dry-run")
    grave = ibkr_sync(*own, "-q", *REFRESH)
    failed = ibkr_sync(*own, "-q", "refresh", "ES", "--source", "file:nothing.json")

    assert [ended.code for ended in (got, calm, planned, grave, failed)] == [0, 0, 0, 0, 2]
    assert (calm.out, calm.err, planned.err) == ("", "", "")
    assert watcher.asked == [
        *("/uuid/start", "/uuid", "/uuid/start", "/uuid", "/uuid/start", "/uuid/2"),
    ]
    first, second = map(json.loads, (ibkr_sync.cwd / "got").read_text().splitlines())
    assert (first["run"], first["exit_code"]) == (4, 0)
    assert first["events"] == ibkr_sync("changes", "--run", "4", "--json").json["events"]
    assert (second["run"], second["exit_code"], second["events"]) == (None, 2, [])


def test_what_a_run_saw_that_died_the_next_one_reports_once(ibkr_sync: CommandLine) -> None:
    command = f"command = {json.dumps([sys.executable, '-c', KEEP])}"
    own = configured(ibkr_sync, command, 'severity = "critical"')
    store(ibkr_sync, PRODUCT)
    write(ibkr_sync, changed(multiplier=Decimal(2)))
    ibkr_sync(*REFRESH)
    (database,) = (ibkr_sync.home / ".local/share/ibkr-sync").glob("*.db")
    with opened(database) as connection:
        connection.execute(
            "UPDATE sync_runs SET outcome = 'running', finished_at = NULL WHERE id = 2"
        )
        connection.commit()
    first = ibkr_sync(*own, "-q", "--json", *REFRESH)
    second = ibkr_sync(*own, "-q", "--json", *REFRESH)

    assert (first.json["run"], first.code) == (3, 0)
    events = ibkr_sync("changes", "--run", "2", "--json").json["events"]
    assert first.json["events"] == events
    assert "MULTIPLIER_CHANGED" in first.err
    steps = [line.rpartition(" ")[2] for line in first.err.splitlines() if "changes --run" in line]
    assert steps == ["2", "3"]
    (hooked,) = map(json.loads, (ibkr_sync.cwd / "got").read_text().splitlines())
    assert [event["id"] for event in hooked["events"]] == [
        event["id"] for event in events if event["severity"] == "critical"
    ]
    assert (second.json["events"], second.err) == ([], "")


def test_a_notifier_that_fails_is_a_warning_and_no_more(
    ibkr_sync: CommandLine, watcher: Watcher
) -> None:
    own = configured(
        ibkr_sync,
        f'ping_url = "{watcher.url}/gone/uuid"',
        'command = ["./nothing"]',
        'severity = "info"',
    )
    store(ibkr_sync, PRODUCT)
    write(ibkr_sync, changed(long_name="Mini"))
    done = ibkr_sync(*own, "-q", *REFRESH)
    warnings = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert (done.code, done.out) == (0, "")
    assert [line.rpartition(" failed: ")[2] for line in warnings] == [
        *("it answered 410.", "it answered 410.", "No such file or directory."),
    ]
    assert "uuid" not in done.err
