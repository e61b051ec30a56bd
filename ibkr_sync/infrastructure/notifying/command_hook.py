"""A command of the user's that takes the events of a run on stdin."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Final

from ibkr_sync.domain.errors import NotificationError
from ibkr_sync.domain.history.events import Event
from ibkr_sync.interchange.event_document import event_record

SCHEMA: Final = "ibkr-sync/notification/1"


class CommandHook:
    """Runs a program with a JSON document on stdin.

    What it prints goes nowhere, what it complains of to our stderr.
    """

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        """Take the program and its arguments; after so many seconds it is ended."""
        self._command = tuple(command)
        self._seconds = seconds

    def report(
        self, run: int | None, exit_code: int, events: Sequence[Event], seconds: float | None = None
    ) -> None:
        """Run it and wait for its end; raises NotificationError."""
        document = {
            "schema": SCHEMA,
            "run": run,
            "exit_code": exit_code,
            "events": [event_record(event) for event in events],
        }
        limit = self._seconds if seconds is None else min(seconds, self._seconds)
        try:
            code = _run(self._command, json.dumps(document).encode(), limit)
        except subprocess.TimeoutExpired:
            raise self._failure(f"it took longer than {limit:g} s") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise self._failure(reason or "it can't be run") from None
        if code:
            ended = f"it was ended by signal {-code}" if code < 0 else f"it ended with {code}"
            raise self._failure(ended)

    def _failure(self, reason: str) -> NotificationError:
        # Arguments may hold secrets.
        return NotificationError(f"the command {self._command[0]}", reason)


def _run(command: Sequence[str], sent: bytes, seconds: float) -> int:
    """Give the exit code; of what is ended, whatever it started is ended too."""
    with subprocess.Popen(  # noqa: S603 - the user's own settings name it
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.communicate(sent, timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode
