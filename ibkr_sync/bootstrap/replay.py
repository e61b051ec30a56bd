"""Gateways that replay what was recorded, or sample data."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ibkr_sync.bootstrap.clock import Clock, utc_now

if TYPE_CHECKING:
    from ibkr_sync.config.settings import ProfileSettings
    from ibkr_sync.infrastructure.replay.sample.week import SampleWeek
    from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
        GatewayParameters,
    )


def replay_gateway(
    recording: Path | None, *, port: int = 0, clock: Clock = utc_now
) -> AbstractContextManager[ReplayGateway]:
    """A gateway on loopback that answers from a recording, or from sample data if None.

    One that says when it was received is answered from as of then. Port 0 takes a free one. Raises
    SourceFileError for a recording that can't be read.
    """
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.recording import read_recording
    from ibkr_sync.infrastructure.replay.sample import sample_recording
    from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway

    if recording:
        known = read_recording(recording)
    else:
        known = sample_recording(clock().date(), HolidayCalendar())
    received_at = known.received_at
    now = clock if received_at is None else lambda: received_at
    return ReplayGateway(known, port=port, now=now)


def sample_week(now: datetime) -> SampleWeek:
    """The last seven nights before a UTC instant, with a gateway for each that knows the sample."""
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.sample.week import SampleWeek

    return SampleWeek(now, HolidayCalendar())


def gateway_parameters(
    profile: ProfileSettings,
    clock: Clock,
    stack: ExitStack,
    replaying_at: tuple[str, int] | None = None,
) -> GatewayParameters:
    """Where the profile's gateway listens; one that replays does so until the stack is closed."""
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
        GatewayParameters,
    )

    settings = asdict(profile.gateway)
    if profile.replay is not None:
        if replaying_at is None:
            replaying = stack.enter_context(replay_gateway(None, clock=clock))
            replaying_at = replaying.host, replaying.port
        settings |= dict(zip(("host", "port"), replaying_at, strict=True))
    return GatewayParameters(**settings)
