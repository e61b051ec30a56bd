"""The call of ours that a scheduler is to make, so that it acts on the settings of this call."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ibkr_sync.domain.durations import duration_text

if TYPE_CHECKING:
    from ibkr_sync_cli.invocation import Call

DATABASE_VARIABLE = "IBKR_SYNC_DATABASE"
_LOG_FILE = "ibkr-sync.log"
_ENVIRONMENT_FILE = "schedule.env"
_GATEWAY_OPTIONS = ("host", "port", "client_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCall:
    """What to run, every path of it absolute.

    Attributes:
        command: the program and its arguments, unquoted.
        folder: where to run it, for a config file that is found there; None for anywhere.
        environment_file: holds the database URL, which has a password in it; None if none has.
        log_file: where the run is logged.
        deadline: how long it may take.
    """

    command: tuple[str, ...]
    folder: Path | None
    environment_file: Path | None
    log_file: Path
    deadline: timedelta


def scheduled_refresh(
    call: Call, *, groups: tuple[str, ...], stale: timedelta | None, deadline: timedelta
) -> ScheduledCall:
    """The nightly refresh with the profile, config, database and gateway of this call.

    Raises ConfigError.
    """
    from ibkr_sync.config.config_files import (
        CONFIG_VARIABLE,
        FOLDER_CONFIG_FILE,
        config_folders,
        config_home,
    )
    from ibkr_sync.config.database_paths import PathContext
    from ibkr_sync.domain.databases.database_url import url_has_secret

    settings, cwd = call.loaded.settings, Path.cwd()
    given = _overrides(call)
    config = call.flags.get("config") or os.environ.get(CONFIG_VARIABLE)
    database = _database(given, cwd)
    is_secret = database is not None and url_has_secret(database)
    home = config_home(os.environ) or cwd
    beside = _log_folder(settings.active.database_file, home)
    log_file = Path(settings.log.file or beside / _LOG_FILE)
    options: list[str] = []
    if config:
        file = PathContext(folder=cwd, home=home).file(str(config))
        options += ["--config", str(file)]
    if database is not None and not is_secret:
        options += ["--database", database]
    options += ["--profile", settings.profile, "--log-file", str(log_file)]
    if ("log", "format") in given:
        options += ["--log-format", given["log", "format"]]
    options.append("--quiet")
    arguments = ["refresh", *_gateway(given), "--deadline", duration_text(deadline)]
    if settings.active.source == "local":
        arguments += ["--source", "ibkr"]
    if stale is not None:
        arguments += ["--stale", duration_text(stale)]
    for group in groups:
        arguments += ["--group", group]
    return ScheduledCall(
        command=(*program_of_call(sys.argv[0]), *options, *arguments),
        folder=None if config or not (cwd / FOLDER_CONFIG_FILE).is_file() else cwd,
        environment_file=config_folders().config / _ENVIRONMENT_FILE if is_secret else None,
        log_file=log_file,
        deadline=deadline,
    )


def program_of_call(called_as: str) -> tuple[str, ...]:
    """The program as it was called, by its absolute path; a module by its interpreter's."""
    called = Path(called_as)
    if called.suffix != ".py":
        found = shutil.which(called_as) or shutil.which(str(called.absolute()))
        if found:
            return (str(Path(found).absolute()),)
    return (sys.executable, "-m", __package__ or "ibkr_sync_cli")


def _overrides(call: Call) -> dict[tuple[str, ...], str]:
    """What the environment and the options of this call set, which a scheduler would not."""
    from ibkr_sync.config.overrides import environment_overrides, flag_overrides

    overrides = (*environment_overrides(os.environ), *flag_overrides(call.flags))
    return {override.key: str(override.value) for override in overrides}


def _database(given: Mapping[tuple[str, ...], str], cwd: Path) -> str | None:
    from ibkr_sync.config.config_files import config_home
    from ibkr_sync.config.database_paths import PathContext, database_path
    from ibkr_sync.config.overrides import DATABASE_LOCATION

    text = given.get(DATABASE_LOCATION)
    if text is None:
        return None
    return database_path(text, PathContext(folder=cwd, home=config_home(os.environ)))


def _gateway(given: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    for name in _GATEWAY_OPTIONS:
        value = given.get(("gateway", name))
        if value is not None:
            yield from ("--" + name.replace("_", "-"), value)


def _log_folder(database_file: Path | None, home: Path) -> Path:
    """Beside the database, in a folder that is there already; else at home."""
    if database_file is not None and database_file.parent.is_dir():
        return database_file.parent
    return home
