"""The demo's week of nights in a database, made in this process, and not marked as a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ibkr_sync.application.services.refresh import RefreshSelection
from ibkr_sync.bootstrap import bootstrap
from ibkr_sync.config.loading import load_settings
from ibkr_sync.config.settings import ProfileSettings
from ibkr_sync.domain.entities.futures import SAMPLE_MARKER, Future
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.sample.week import SampleNight, SampleWeek
from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""The noon after the last night."""

_NIGHTS = (1, 3, 7)
"""In the third the tick of VX and the expiry of a contract of ES are others."""


def as_if_real(recording: Recording) -> Recording:
    """The recording as a gateway of IBKR's would have it."""
    rows = (
        dataclasses.replace(row, long_name=row.long_name.removesuffix(SAMPLE_MARKER))
        for row in recording.contracts
    )
    return dataclasses.replace(recording, contracts=tuple(rows), sample=False)


@contextmanager
def gateway_of(night: SampleNight, clock: Callable[[], datetime]) -> Iterator[int]:
    """The port of a night's gateway, which does not say that its data is a sample."""
    assert night.recording is not None, "it is away"
    with ReplayGateway(as_if_real(night.recording), now=clock) as gateway:
        yield gateway.port


def sample_nights() -> SampleWeek:
    """The nights before `MONDAY`."""
    return SampleWeek(MONDAY, HolidayCalendar())


def store_week(path: Path) -> None:
    """Refresh a watchlist in some of the nights, into a database made for it."""
    week = sample_nights()
    for number in _NIGHTS:
        night = week.nights[number - 1]
        _play(path, night, week.symbols if night is week.nights[0] else ())


def _play(path: Path, night: SampleNight, symbols: tuple[str, ...]) -> None:
    def clock() -> datetime:
        return night.at

    with (
        gateway_of(night, clock) as port,
        bootstrap(_profile(path, port), Future, clock=clock) as services,
    ):
        services.watchlist.add_found([services.watchlist.match(symbol) for symbol in symbols])
        for _ in services.refresh.begin(RefreshSelection(), SyncPolicy()):
            pass


def _profile(path: Path, port: int) -> ProfileSettings:
    flags = {"source": "ibkr", "database": str(path), "port": port}
    return load_settings(flags, {}, path.parent).settings.active
