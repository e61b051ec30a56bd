"""One call of the command line: its global options, and the settings that follow from them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.errors import ConfigError, ConfigProblem
from ibkr_sync_cli.terminal.logs import LoggedRun, log_to_file
from ibkr_sync_cli.terminal.output import Output, OutputFormat
from ibkr_sync_cli.terminal.result_file import refuse_folder, refuse_unknown_ending

if TYPE_CHECKING:
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.config.settings import LogSettings, ProfileSettings
    from ibkr_sync.config.settings_resolution import LoadedSettings
    from ibkr_sync.domain.entities.futures import Future


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command's call, with all of its options and the settings that follow from them.

    Attributes:
        flags: the options that are settings too, wherever they stood.
        explicit_format: the format asked for in this very call; None if none was.
        run: what the log takes for the run of this call.
    """

    output: Output
    flags: Mapping[str, object]
    loaded: LoadedSettings
    explicit_format: OutputFormat | None
    run: LoggedRun

    @property
    def profile(self) -> ProfileSettings:
        """The settings of the profile in use."""
        return self.loaded.settings.active

    @property
    def database_name(self) -> str:
        """What to call the database in use, secrets masked."""
        from ibkr_sync.domain.databases.database_url import mask_url

        return mask_url(self.profile.database)

    @property
    def wanted(self) -> OutputFormat | None:
        """The format asked for in this call, else the settings'; None is auto."""
        configured = self.loaded.settings.output.format
        if self.explicit_format is not None or configured == "auto":
            return self.explicit_format
        return OutputFormat(configured)

    def services(self) -> AbstractContextManager[Services[Future]]:
        """The services for futures of all asset types.

        Raises BadParameter where the result would go to a file in a format that its ending belies.
        """
        if self.output.file is not None and self.wanted is None:
            refuse_unknown_ending(self.output.file)
        from ibkr_sync.bootstrap import bootstrap
        from ibkr_sync.domain.entities.futures import Future

        return bootstrap(self.profile, Future)

    @contextmanager
    def reading(self) -> Iterator[Services[Future]]:
        """The services for a command that only reads: it sees one state of the database."""
        with self.services() as services, services.snapshot():
            yield services


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The global options of a call, wherever they stood."""

    output: Output
    flags: Mapping[str, object]
    format: OutputFormat | None = None
    run: LoggedRun = field(default_factory=LoggedRun)


def one_format(option: OutputFormat | None, *, json: bool) -> OutputFormat | None:
    """The format that both options ask for; raises BadParameter where they differ."""
    if json and option not in (None, OutputFormat.JSON):
        raise typer.BadParameter(f"--json and --format {option} exclude each other")
    return OutputFormat.JSON if json else option


def invocation_of(context: typer.Context) -> Invocation:
    """The global options of a command's call."""
    invocation = context.obj
    if not isinstance(invocation, Invocation):
        raise TypeError("the command was called without its application")
    return invocation


def call_of(context: typer.Context, **flags: object) -> Call:
    """Read the settings, once all options are known.

    `flags` are the command's own options that are settings too, None if not given. Raises
    ConfigError, and remarks on what the settings warn of.
    """
    from ibkr_sync.config.loading import load_settings

    invocation = invocation_of(context)
    given = {name: value for name, value in flags.items() if value is not None}
    all_flags = MappingProxyType({**invocation.flags, **given})
    loaded = load_settings(all_flags, os.environ, Path.cwd())
    settings = loaded.settings
    invocation.output.command = dataclasses.replace(
        invocation.output.command,
        source="ibkr" if settings.active.source == "local" else settings.active.source,
        replaying=settings.profile if settings.active.replay else None,
    )
    if invocation.output.file is not None:
        refuse_folder(invocation.output.file)
        refuse_database(invocation.output.file, loaded.settings.active.database_file)
    _log_to_file(invocation.run, loaded.settings.log, loaded.settings.active.database_file)
    for warning in loaded.warnings:
        invocation.output.remark(f"warning: {warning}", style="yellow")
    return Call(
        output=invocation.output,
        flags=all_flags,
        loaded=loaded,
        explicit_format=invocation.format,
        run=invocation.run,
    )


def refuse_database(file: Path, database: Path | None) -> None:
    """Raise BadParameter where a result would replace the database, or a file beside it."""
    from ibkr_sync.config.database_paths import is_of_database

    if database is not None and is_of_database(database, file):
        refusal = f"{str(file)!r} is the database, or a file beside it"
        raise typer.BadParameter(refusal, param_hint="'--output'")


def _log_to_file(run: LoggedRun, settings: LogSettings, database: Path | None) -> None:
    from ibkr_sync.config.database_paths import is_of_database

    try:
        if settings.file and database is not None and is_of_database(database, Path(settings.file)):
            raise ConfigError([_log_problem(settings, "is the database, or a file beside it")])
        log_to_file(run, settings)
    except OSError as error:
        message = f"can't be written: {error.strerror}"
        raise ConfigError([_log_problem(settings, message)]) from error


def _log_problem(settings: LogSettings, message: str) -> ConfigProblem:
    return ConfigProblem(source="log.file", key=str(settings.file), message=message)


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
