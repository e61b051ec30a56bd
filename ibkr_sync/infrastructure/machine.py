"""What this machine offers: its Python, its time zones, and what its schedulers run."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import zoneinfo
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from ibkr_sync.catalogue.time_zones import exchange_zones
from ibkr_sync.domain.runs.diagnosis.installation import PythonFacts, TimeZoneFacts

_PROGRAM, _COMMAND = "ibkr", "refresh"
"""The program is `ibkr-sync`, or `python -m ibkr_sync_cli`."""

_LONGEST_CRONTAB_SECONDS = 2.0
_MOST_BYTES = 1_000_000


def probe_python() -> PythonFacts:
    """Which Python this is, and what it runs on."""
    version = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return PythonFacts(version=version, platform=system, is_posix=os.name == "posix")


def probe_time_zones() -> TimeZoneFacts:
    """Which zones of exchanges the zone database has."""
    zones = exchange_zones()
    missing = zones - zoneinfo.available_timezones()
    try:
        version = metadata.version("tzdata")
    except metadata.PackageNotFoundError:
        version = None
    return TimeZoneFacts(version=version, known=len(zones), missing=tuple(sorted(missing)))


def probe_schedules(home: Path) -> tuple[str, ...]:
    """Where this user's schedulers, or the machine's, have an entry that runs a refresh.

    Nothing that goes wrong is raised; what can't be read is as if it were not there.
    """
    found = ["crontab"] if _is_entry(_crontab()) else []
    files = (
        *_files(home / ".config/systemd/user", "*.service"),
        *_files(Path("/etc/systemd/system"), "*.service"),
        *_files(home / "Library/LaunchAgents", "*.plist"),
        *_files(Path("/etc/cron.d"), "*"),
        Path("/etc/crontab"),
    )
    return (*found, *(str(file) for file in files if _is_entry(_text_of(file))))


def _is_entry(text: str) -> bool:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))
    words = "\n".join(lines)
    return _PROGRAM in words and _COMMAND in words


def _crontab() -> str:
    program = shutil.which("crontab")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program
            [program, "-l"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_CRONTAB_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout[:_MOST_BYTES].decode("utf-8", "replace")


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        found: Iterable[Path] = sorted(folder.glob(pattern))
    except OSError:
        return
    yield from found


def _text_of(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
