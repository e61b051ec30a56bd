"""One call of the command line: its global options, and the settings that follow from them."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.errors import ConfigError, ConfigProblem
from ibkr_sync_cli.terminal.logs import RunOfCall, log_to_file
from ibkr_sync_cli.terminal.output import Output, OutputFormat

if TYPE_CHECKING:
    from ibkr_sync.config.resolution import LoadedSettings
    from ibkr_sync.config.settings import LogSettings, ProfileSettings

_DATABASE_FILES = ("", "-wal", "-shm", "-journal", ".lock")
"""What is added to a database's name in the names of its files."""


@dataclass(kw_only=True)
class Invocation:
    """What the command line said before the command's own options."""

    output: Output
    flags: dict[str, object] = field(default_factory=dict)
    format: OutputFormat | None = None
    debug: bool = False
    run: RunOfCall = field(default_factory=RunOfCall)

    @cached_property
    def loaded(self) -> LoadedSettings:
        """The settings with their origins; raises ConfigError."""
        from ibkr_sync.config.loading import load_settings

        loaded = load_settings(self.flags, os.environ, Path.cwd())
        source = loaded.settings.active.source
        if source != "local":
            self.output.command = dataclasses.replace(self.output.command, source=source)
        _log_to_file(self.run, loaded.settings.log, loaded.settings.active.database_file)
        for warning in loaded.warnings:
            self.output.remark(f"warning: {warning}", style="yellow")
        return loaded

    @property
    def profile(self) -> ProfileSettings:
        """The settings of the profile in use; raises ConfigError."""
        return self.loaded.settings.active

    @property
    def database_name(self) -> str:
        """What to call the database in use, secrets masked; raises ConfigError."""
        from ibkr_sync.domain.database_url import mask_url

        return mask_url(self.profile.database)

    def flag(self, **options: object) -> None:
        """Add options of the command that are settings too; None means not given."""
        self.flags |= {name: value for name, value in options.items() if value is not None}

    def explicit_format(self, option: OutputFormat | None, *, json: bool) -> OutputFormat | None:
        """The format asked for in this very call, after or before the command."""
        return one_format(option, json=json) or self.format

    def wanted_format(self, option: OutputFormat | None, *, json: bool) -> OutputFormat | None:
        """The format asked for after or before the command, else the settings'; None is auto."""
        explicit = self.explicit_format(option, json=json)
        if explicit is not None:
            return explicit
        configured = self.loaded.settings.output.format
        return None if configured == "auto" else OutputFormat(configured)


def one_format(option: OutputFormat | None, *, json: bool) -> OutputFormat | None:
    """The format that both options ask for; raises BadParameter where they differ."""
    if json and option not in (None, OutputFormat.JSON):
        raise typer.BadParameter(f"--json and --format {option} exclude each other")
    return OutputFormat.JSON if json else option


def invocation_of(context: typer.Context) -> Invocation:
    """The call that a command belongs to."""
    invocation = context.obj
    if not isinstance(invocation, Invocation):
        raise TypeError("the command was called without its application")
    return invocation


def _log_to_file(run: RunOfCall, settings: LogSettings, database: Path | None) -> None:
    try:
        if settings.file and database is not None and _is_of(database, Path(settings.file)):
            raise ConfigError([_log_problem(settings, "is the database, or a file beside it")])
        log_to_file(run, settings)
    except OSError as error:
        message = f"can't be written: {error.strerror}"
        raise ConfigError([_log_problem(settings, message)]) from error


def _is_of(database: Path, log: Path) -> bool:
    """Whether a log would be written into the database, its WAL, its index or its lock."""
    if log.exists() and database.exists() and log.samefile(database):
        return True
    files = {f"{database.resolve()}{suffix}" for suffix in _DATABASE_FILES}
    return str(log.resolve()) in files


def _log_problem(settings: LogSettings, message: str) -> ConfigProblem:
    return ConfigProblem(source="log.file", key=str(settings.file), message=message)


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
