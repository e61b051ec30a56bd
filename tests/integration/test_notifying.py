"""Notifiers against the real thing: an HTTP server on loopback, and programs."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.watcher import Watcher, watching
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import NotificationError
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.infrastructure.notifying.command_hook import CommandHook
from ibkr_sync.infrastructure.notifying.http_heartbeat import HttpHeartbeat
from ibkr_sync.interchange.event_document import event_record

HOUR = 3600.0
EVENT = Event(
    type=EventType.MULTIPLIER_CHANGED,
    severity=Severity.CRITICAL,
    product=ProductKey("DAX", "EUREX", "FDXM"),
    con_id=None,
    local_symbol=None,
    field="multiplier",
    old="5",
    new="2",
    at=datetime(2026, 11, 23, 5, tzinfo=UTC),
    run=2,
)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with watching() as server:
        yield server


def test_a_heartbeat_says_that_it_begins_and_how_it_ended(watcher: Watcher) -> None:
    heartbeat = HttpHeartbeat(f"{watcher.url}/secret/", HOUR)
    heartbeat.begun()
    heartbeat.ended(0)
    heartbeat.ended(75, 60)
    HttpHeartbeat(f"{watcher.url}/moved", HOUR).ended(0)
    assert watcher.asked == ["/secret/start", "/secret", "/secret/75", "/moved", "/secret"]


def test_a_ping_that_fails_is_reported_without_its_secret(watcher: Watcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stalling = f"http://127.0.0.1:{silent.getsockname()[1]}/secret"
        pings = {
            "it answered 410": HttpHeartbeat(f"{watcher.url}/gone/secret", HOUR),
            "it answered 302": HttpHeartbeat(f"{watcher.url}/file/secret", HOUR),
            "no answer in time": HttpHeartbeat(stalling, 0.05),
            "Connection refused": HttpHeartbeat("http://127.0.0.1:1/secret", HOUR),
        }
        for reason, heartbeat in pings.items():
            with pytest.raises(NotificationError, match=reason) as caught:
                heartbeat.begun()
            assert "secret" not in str(caught.value)
            assert caught.value.__cause__ is None
            assert str(caught.value).startswith("the ping to http://127.0.0.1:")


def program(folder: Path, text: str) -> CommandHook:
    file = folder / "hook.py"
    file.write_text(text, encoding="utf-8")
    return CommandHook((sys.executable, str(file), str(folder / "got")), HOUR)


def test_a_command_gets_the_events_on_stdin(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hook = program(
        tmp_path,
        "import pathlib, sys\n"
        "pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())\n"
        "print('noise')",
    )
    hook.report(2, 4, [EVENT])
    assert json.loads((tmp_path / "got").read_text(encoding="utf-8")) == {
        "schema": "ibkr-sync/notification/1",
        "run": 2,
        "exit_code": 4,
        "events": [event_record(EVENT)],
    }
    assert capfd.readouterr().out == ""


def test_a_command_that_fails_is_reported_by_its_program_alone(tmp_path: Path) -> None:
    for text, reason in (("raise SystemExit(3)", "ended with 3"), ("", "")):
        hook = program(tmp_path, text)
        if not reason:
            hook.report(None, 0, [EVENT] * 5000)  # more than a pipe takes, and never read
            continue
        with pytest.raises(NotificationError, match=reason) as caught:
            hook.report(None, 0, [])
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(NotificationError, match="No such file"):
        CommandHook((str(tmp_path / "nothing"),), HOUR).report(None, 0, [])


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    fifo = tmp_path / "got"
    os.mkfifo(fifo)
    hook = program(
        tmp_path,
        "import subprocess, sys\n"
        "with open(sys.argv[1], 'w') as held:\n"
        "    subprocess.run(['sleep', '3600'], stdout=held)\n",
    )
    read = threading.Thread(target=fifo.read_bytes)  # ends when the last that writes is ended
    read.start()
    with pytest.raises(NotificationError, match="took longer than 1 s"):
        hook.report(None, 0, [], 1)
    read.join()
