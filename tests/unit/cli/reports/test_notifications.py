"""A signal that comes while somebody is notified keeps nobody else from being notified."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from ibkr_sync.application.notifying.refresh_notifications import BRIEFLY, RefreshNotifications
from ibkr_sync.domain.errors import RunInterrupted
from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.reports.notifications import notified
from ibkr_sync_cli.terminal.output import Output


class Notified:
    """A heartbeat at one of whose signs a signal comes, and a hook."""

    def __init__(self, interrupted_at: str) -> None:
        self.interrupted_at = interrupted_at
        self.seen: list[tuple[object, ...]] = []

    def begun(self) -> None:
        self._note("begun")

    def ended(self, exit_code: int, seconds: float | None = None) -> None:
        self._note("ended", exit_code, seconds)

    def report(
        self, run: int | None, exit_code: int, events: Sequence[Event], seconds: float | None = None
    ) -> None:
        self._note("report", run, exit_code, *events, seconds)

    def _note(self, *what: object) -> None:
        self.seen.append(what)
        if what[0] == self.interrupted_at:
            raise RunInterrupted(signal.SIGTERM)


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ("begun", [("begun",), ("ended", 143, BRIEFLY), ("report", None, 143, BRIEFLY)]),
        ("ended", [("begun",), ("ended", 1, None), ("report", None, 1, BRIEFLY)]),
        ("report", [("begun",), ("ended", 1, None), ("report", None, 1, None)]),
    ],
)
def test_a_signal_meanwhile_is_reported_and_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, at: str, seen: list[tuple[object, ...]]
) -> None:
    others = Notified(at)
    notifications = RefreshNotifications(others, others, Severity.CRITICAL)
    monkeypatch.setattr(
        "ibkr_sync.bootstrap.notifications.refresh_notifications", lambda _: notifications
    )
    call: Any = SimpleNamespace(
        output=Output(), loaded=SimpleNamespace(settings=SimpleNamespace(notify=None))
    )

    with pytest.raises(RunInterrupted), notified(call, dry_run=False):
        raise ValueError("it failed")

    assert others.seen == seen
