"""Who is notified of a refresh, of what, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from ibkr_sync.domain.errors import NotificationError
from ibkr_sync.domain.history.events import Event, events_at_least
from ibkr_sync.domain.history.severity import Severity

BRIEFLY: Final = 1.0
"""Seconds that a notifier gets where the process has to stop soon."""


class Heartbeat(Protocol):
    """Signs of life to whoever watches that a job runs; every method raises NotificationError."""

    def begun(self) -> None:
        """Say that it begins."""

    def ended(self, exit_code: int, seconds: float | None = None) -> None:
        """Say how it ended, within so many seconds; None is as configured."""


class EventHook(Protocol):
    """Takes the events of a run to wherever they are wanted."""

    def report(
        self,
        run: int | None,
        exit_code: int,
        events: Sequence[Event],
        seconds: float | None = None,
    ) -> None:
        """Hand over events, within so many seconds; raises NotificationError."""


class RefreshNotifications:
    """Notifies of a refresh; what fails is given, and never raised."""

    def __init__(
        self, heartbeat: Heartbeat | None, hook: EventHook | None, severity: Severity
    ) -> None:
        self._heartbeat = heartbeat
        self._hook = hook
        self._severity = severity

    def begun(self) -> tuple[NotificationError, ...]:
        """Notify that a refresh begins."""
        heartbeat = self._heartbeat
        return () if heartbeat is None else tuple(_failures(heartbeat.begun))

    def ended(
        self, exit_code: int, run: int | None, events: Sequence[Event], *, soon: bool = False
    ) -> tuple[NotificationError, ...]:
        """Notify of how a refresh ended: the hook where events matter enough, or it failed.

        `soon` leaves each notifier a moment only, and so does a signal meanwhile: what it raises is
        raised once the hook had its moment.
        """
        heartbeat, hook = self._heartbeat, self._hook
        seconds = BRIEFLY if soon else None
        failures: list[NotificationError] = []
        wanted = events_at_least(self._severity, events)
        try:
            if heartbeat is not None:
                failures += _failures(lambda: heartbeat.ended(exit_code, seconds))
        except BaseException:
            seconds = BRIEFLY
            raise
        finally:
            if hook is not None and (wanted or exit_code):
                failures += _failures(lambda: hook.report(run, exit_code, wanted, seconds))
        return tuple(failures)


def _failures(notify: Callable[[], None]) -> Iterator[NotificationError]:
    try:
        notify()
    except NotificationError as error:
        yield error
