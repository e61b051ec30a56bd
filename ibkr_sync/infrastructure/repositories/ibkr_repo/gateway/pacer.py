"""Spaces outgoing messages evenly, below the gateway's rate limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BACK_OFF_SECONDS = 1.0
"""Silence after the gateway complained; its window is one second."""

LONGEST_INTERVAL = 2.0
"""However often the gateway complains, a message every so many seconds is still sent."""


class Pacer:
    """A token bucket that holds one token: bursts are what strict gateways disconnect for.

    IBKR counts every message (market-data lines / 2 per second, 50 by default) and closes
    the session after the third breach (error 100).
    """

    def __init__(
        self,
        messages_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._interval = 1.0 / messages_per_second
        self._clock = clock
        self._wait = wait
        self._next = clock()
        self._silent_until = self._next
        self._lock = threading.Lock()

    def await_turn(self) -> None:
        """Block until the next message may be sent."""
        with self._lock:
            turn = max(self._clock(), self._next)
            self._next = turn + self._interval
        delay = turn - self._clock()
        if delay > 0:
            self._wait(delay)

    def back_off(self) -> None:
        """Halve the rate for good and stay silent for a second (IBKR error 100).

        Complaints that come during the silence are about what was sent before it: they
        prolong it and don't halve the rate again.
        """
        with self._lock:
            now = self._clock()
            if now >= self._silent_until and self._interval < LONGEST_INTERVAL:
                self._interval = min(2 * self._interval, LONGEST_INTERVAL)
            self._silent_until = now + BACK_OFF_SECONDS
            self._next = max(self._next, self._silent_until)
