"""The strict form of TWS's message limit: so many in any sliding second."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 1.0
BREACHES_TO_CLOSE = 3


class PacingWindow:
    """Counts one connection's messages; each one above the limit is a breach."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._recent: deque[float] = deque()
        self.breaches = 0

    @property
    def rate(self) -> int:
        """How many messages the window held at the last one."""
        return len(self._recent)

    def admits(self, at: float) -> bool:
        """Count a message at a monotonic time, in seconds; False when it is one too many."""
        if self._limit is None:
            return True
        while self._recent and at - self._recent[0] >= WINDOW_SECONDS:
            self._recent.popleft()
        self._recent.append(at)
        if len(self._recent) <= self._limit:
            return True
        self.breaches += 1
        return False
