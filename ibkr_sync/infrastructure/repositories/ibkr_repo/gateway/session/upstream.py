"""Whether the gateway reaches IBKR, as far as its notices say."""

from __future__ import annotations

import threading

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.notice_meaning import (
    CONNECTIVITY_LOST,
    RESTORES,
)


class Upstream:
    """The link from the gateway to IBKR; written by one thread, watched by others."""

    def __init__(self) -> None:
        self._outages: dict[int, str] = {}
        self._settled = threading.Event()
        self._settled.set()
        self.disturbances = 0
        """How often IBKR went or came back."""

    @property
    def outage(self) -> str | None:
        """What TWS said about an outage that has not ended; None when all is well."""
        return next(iter(tuple(self._outages.values())), None)

    def lose(self, code: int, said: str) -> None:
        """Take note of an outage."""
        self._outages[code] = said
        self.disturbances += 1
        self._settled.clear()

    def restore(self, code: int) -> bool:
        """Take note of a restoration; gives whether rows in flight may have been lost.

        They may even if no outage was announced, when it is IBKR itself that is back.
        """
        ended = [other for other in RESTORES[code] if self._outages.pop(other, None) is not None]
        is_ibkr_back = CONNECTIVITY_LOST in RESTORES[code]
        if ended or is_ibkr_back:
            self.disturbances += 1
        if not self._outages:
            self._settled.set()
        return is_ibkr_back

    def abandon(self) -> None:
        """Let nobody wait any longer: the session is over."""
        self._settled.set()

    def wait(self, seconds: float) -> bool:
        """Wait until no outage is left, or the session is over; False when it took too long."""
        return self._settled.wait(seconds)
