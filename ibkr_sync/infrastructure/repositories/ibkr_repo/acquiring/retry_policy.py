"""Whether what failed is worth another try, and when: all pure.

A transient failure is one that is not about the request: a silence, a broken line, a rate that the
gateway refused, an outage of IBKR. One about the request itself is not: asked again, it would
fail again. A reply that can't be decoded or believed may be either, so it is asked for once more:
damage on its way passes, what IBKR states comes again. Whether a gateway that can't be reached is
worth waiting for is the user's call, who makes it by naming a deadline.
"""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    ConnectionLostError,
    GatewayMovedError,
    GatewayUnreachableError,
    HandshakeClosedError,
    HandshakeTimeoutError,
    IbkrSyncError,
    InvalidReplyError,
    PacingError,
    ReplyTimeoutError,
    UpstreamDownError,
)
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

TRANSIENT = (ConnectionLostError, PacingError, ReplyTimeoutError, UpstreamDownError)
"""Transient failures."""

GATEWAY_MAY_COME = (
    GatewayUnreachableError,
    HandshakeTimeoutError,
    HandshakeClosedError,
    ClientIdInUseError,
)
"""How a gateway looks that restarts, or waits for its login; what is no gateway stays none."""

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 60.0
"""Seconds between two tries."""

_GROWTH_WITH_DEADLINE = 2.0
_GROWTH_WITH_FEW_TRIES = 4.0

_MOST_STEPS = 16
"""After so many tries a pause has long been the longest."""

_JITTER = 0.2
"""By which share a pause may be longer, so that several machines don't come back at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long a run goes on with what fails.

    Attributes:
        tries: how often a product is asked for in all; None for as long as there is time.
        waits_for_gateway: whether a gateway that can't be reached is waited for.
    """

    tries: int | None = 1
    waits_for_gateway: bool = False

    @classmethod
    def of(cls, policy: SyncPolicy) -> RetryPolicy:
        """The retry policy that a run is to have."""
        if policy.deadline is not None:
            return cls(tries=None, waits_for_gateway=True)
        return cls(tries=policy.tries)

    def is_worth_another_try(self, error: IbkrSyncError, *, tried: int) -> bool:
        """Whether a product that failed so is asked for again, having been `tried` times."""
        if self.tries is not None and tried >= self.tries:
            return False
        if isinstance(error, TRANSIENT) and not isinstance(error, GatewayMovedError):
            return True
        if isinstance(error, InvalidReplyError):
            return tried == 1
        return self.waits_for_gateway and isinstance(error, GATEWAY_MAY_COME)

    def pause(self, *, tried: int, left: float, jitter: float) -> float | None:
        """Seconds until the next try, after `tried` ones; None when there is no time for it.

        `left` are the run's seconds; `jitter` is from 0 to 1. The backoff
        without a deadline grows fast, as tries are few: 2 s, then 8 s. With one it doubles up to a
        minute, and shrinks towards its end, so that the last try is made shortly before it.
        """
        growth = _GROWTH_WITH_DEADLINE if self.tries is None else _GROWTH_WITH_FEW_TRIES
        steps = min(tried - 1, _MOST_STEPS)
        seconds = min(FIRST_PAUSE * growth**steps, LONGEST_PAUSE) * (1 + _JITTER * jitter)
        if seconds >= left and self.tries is None:
            seconds = max(left / 2, FIRST_PAUSE)
        return seconds if seconds < left else None
