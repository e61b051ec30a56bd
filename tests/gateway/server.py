"""The replay gateway as tests need it: it follows a script, and speaks every server version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.dialects import dialect_for
from gateway.faults import Fault
from gateway.script import ClientFrame, Script
from ibkr_sync.infrastructure.replay.protocol.requests import Request
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.serving.server import (
    DEFAULT_SERVER_VERSION,
    ReplayGateway,
    utc_now,
)


class ScriptedGateway(ReplayGateway):
    """A replay gateway of server version 157 to 226 whose script is as in `Script`."""

    def __init__(
        self,
        recording: Recording,
        *,
        port: int = 0,
        server_version: int = DEFAULT_SERVER_VERSION,
        faults: Sequence[Fault] = (),
        now: Callable[[], datetime] = utc_now,
        messages_per_second: int | None = None,
        latency: float = 0.0,
    ) -> None:
        self._script = Script(
            faults, now=now, messages_per_second=messages_per_second, latency=latency
        )
        super().__init__(
            recording,
            port=port,
            server_version=server_version,
            now=now,
            dialect_of=dialect_for,
            interceptor=self._script,
        )

    @property
    def connections(self) -> int:
        """How many connections there were so far."""
        return self._script.connections

    @property
    def frames(self) -> tuple[ClientFrame, ...]:
        """Every frame that clients sent so far, hellos included, in order of arrival."""
        return self._script.frames

    @property
    def requests(self) -> tuple[Request, ...]:
        """What those frames asked for, as far as the gateway understood."""
        return tuple(frame.request for frame in self.frames if frame.request is not None)
