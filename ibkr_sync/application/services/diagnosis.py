"""Looking for what keeps runs from succeeding, without writing or locking anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.domain.runs.diagnosis.database import (
    DatabaseFacts,
    LockFacts,
    judge_database,
    judge_last_run,
    judge_lock,
)
from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, skipped
from ibkr_sync.domain.runs.diagnosis.gateway import GatewayFacts, judge_gateway
from ibkr_sync.domain.runs.diagnosis.installation import (
    LibraryFacts,
    PythonFacts,
    SettingsFacts,
    TimeZoneFacts,
    judge_library,
    judge_python,
    judge_settings,
    judge_time_zones,
)
from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts, judge_notifiers
from ibkr_sync.domain.runs.diagnosis.schedule import judge_schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationProbes:
    """Find out about what is there whatever the settings are."""

    python: Callable[[], PythonFacts]
    library: Callable[[], LibraryFacts]
    time_zones: Callable[[], TimeZoneFacts]
    schedule: Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileProbes:
    """Find out about what the settings name; each is done within seconds.

    `keep_raw_replies` is how long the settings have raw replies kept; None for ever.
    """

    database: Callable[[], DatabaseFacts]
    lock: Callable[[], LockFacts]
    gateway: Callable[[], GatewayFacts]
    notifiers: Callable[[], NotifierFacts]
    keep_raw_replies: timedelta | None


class DiagnosisService:
    """Makes all checks, in the order in which one rests on another."""

    def __init__(
        self,
        settings: SettingsFacts,
        installation: InstallationProbes,
        profile: ProfileProbes | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the probes; without settings that can be used there is no `profile`."""
        self._settings = settings
        self._installation = installation
        self._profile = profile
        self._clock = clock

    def findings(self) -> Iterator[Finding]:
        """Give each finding as soon as it is there."""
        yield judge_python(self._installation.python())
        yield judge_library(self._installation.library())
        yield judge_settings(self._settings)
        profile = self._profile
        stored = profile.database() if profile else None
        usable = stored if stored and stored.error is None else None
        if profile and stored:
            yield from judge_database(stored, profile.keep_raw_replies)
        else:
            yield _unmade(Check.DATABASE)
        yield judge_time_zones(self._installation.time_zones())
        lock = profile.lock() if profile and usable else LockFacts(is_held=None)
        if usable:
            yield judge_lock(lock, usable.last_run)
        else:
            yield _unmade(Check.LOCK)
        if profile:
            yield from judge_gateway(profile.gateway())
        else:
            yield _unmade(Check.CONNECTION)
        yield judge_schedule(self._installation.schedule())
        yield judge_notifiers(profile.notifiers()) if profile else _unmade(Check.NOTIFY)
        if usable:
            yield judge_last_run(usable.last_run, lock, self._clock())
        else:
            yield _unmade(Check.LAST_RUN)


def _unmade(check: Check) -> Finding:
    """A check of what the settings, or the database, don't give."""
    return skipped(check, "not checked")
