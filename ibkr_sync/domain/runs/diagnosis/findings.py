"""What a diagnosis comes to: a finding for each check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ibkr_sync.domain.errors import IbkrSyncError


class Level(StrEnum):
    """How a check ended; SKIPPED where something before it has to be put right first."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


class Check(StrEnum):
    """What is checked, in the order in which one rests on another."""

    PYTHON = "python"
    LIBRARY = "ibapi"
    SETTINGS = "settings"
    DATABASE = "database"
    PERMISSIONS = "permissions"
    RAW_REPLIES = "raw replies"
    TIME_ZONES = "time zones"
    LOCK = "lock"
    CONNECTION = "connection"
    HANDSHAKE = "handshake"
    SERVER_VERSION = "server version"
    CLIENT_ID = "client id"
    DATA_FARMS = "data farms"
    CONTRACT_DETAILS = "contract details"
    CLOCK = "clock"
    SCHEDULE = "schedule"
    NOTIFY = "notify"
    LAST_RUN = "last run"


class Fix(StrEnum):
    """What puts right that which is not an error; an error has its own next step.

    The comment says what the finding's `subject` is.
    """

    INSTALL_ONE_LIBRARY = "install one library"  # the distributions to remove
    SETTLE_WARNINGS = "settle warnings"
    RESTRICT_FILE = "restrict file"  # its path
    CHECK_INTEGRITY = "check integrity"
    UPDATE_TIME_ZONES = "update time zones"
    AWAIT_RUN = "await run"
    START_GATEWAY = "start gateway"
    USE_PORT = "use port"  # the port
    FREE_CLIENT_ID = "free client id"  # the id that was given instead
    AWAIT_FARMS = "await farms"
    SET_CLOCK = "set clock"
    SCHEDULE_REFRESH = "schedule refresh"
    SET_NOTIFIER = "set notifier"
    SEE_RUN = "see run"  # its number
    REFRESH = "refresh"
    GET_FIRST = "get first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        found: a few words without full stop; empty where the error says it all.
        error: what a run would fail with; a failure always has one.
        fix: what to do about it, with its `subject`, where that is not the error's next step.
    """

    check: Check
    level: Level
    found: str = ""
    error: IbkrSyncError | None = None
    fix: Fix | None = None
    subject: str = ""


def passed(check: Check, found: str) -> Finding:
    """A check that found nothing wrong."""
    return Finding(check=check, level=Level.OK, found=found)


def warned(check: Check, found: str, fix: Fix | None = None, subject: str = "") -> Finding:
    """A check that found what keeps no run from succeeding."""
    return Finding(check=check, level=Level.WARNING, found=found, fix=fix, subject=subject)


def failed(check: Check, error: IbkrSyncError, found: str = "") -> Finding:
    """A check that found what a run would fail with."""
    return Finding(check=check, level=Level.FAILURE, found=found, error=error)


def skipped(check: Check, found: str) -> Finding:
    """A check that was not made, and why."""
    return Finding(check=check, level=Level.SKIPPED, found=found)
