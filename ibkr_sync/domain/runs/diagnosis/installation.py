"""Whether what is installed, and how it is set, lets runs succeed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ibkr_sync.domain.errors import ClientLibraryError, ConfigError
from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, Fix, failed, passed, warned


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFacts:
    """The interpreter and what it runs on; `is_posix` is true of Linux, macOS and their like."""

    version: str
    platform: str
    is_posix: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFacts:
    """The installed ibapi.

    Attributes:
        owners: the distributions that install a package of this name, with their versions.
        version: what ibapi says of itself; None where it can't be loaded, because of `error`.
        speaks: the oldest and newest version of the protocol that we announce with it.
    """

    owners: Mapping[str, str]
    version: str | None = None
    speaks: tuple[int, int] | None = None
    error: ClientLibraryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFacts:
    """The settings in use, secrets masked.

    Attributes:
        profile: its name and what set it.
        files: the config files that were read.
        changed: what is not the default, as `key = value (where)`.
        warnings: what deserves a look, a sentence each.
        error: all problems; then nothing else is known.
    """

    profile: str = ""
    files: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: ConfigError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeZoneFacts:
    """The zone database: `version` of the package, zones `known` of ours, and `missing` ones."""

    version: str | None
    known: int
    missing: tuple[str, ...]


def judge_python(facts: PythonFacts) -> Finding:
    """Only what is tested is well; an older Python can't install us."""
    found = f"{facts.version}, {facts.platform}"
    if facts.is_posix:
        return passed(Check.PYTHON, found)
    return warned(Check.PYTHON, f"{found}: tested on Linux and macOS only")


def judge_library(facts: LibraryFacts) -> Finding:
    """Two distributions that own ibapi overwrite each other's files."""
    if facts.error is not None:
        owned = f"It is of {_owners(facts)}" if facts.owners else ""
        return failed(Check.LIBRARY, facts.error, owned)
    found = f"{facts.version} of {_owners(facts) or 'no package'}"
    if facts.speaks is not None:
        found += f", speaks versions up to {facts.speaks[1]}"
    if len(facts.owners) > 1:
        others = " ".join(facts.owners)
        return warned(
            Check.LIBRARY, f"{found}: several packages own it", Fix.INSTALL_ONE_LIBRARY, others
        )
    return passed(Check.LIBRARY, found)


def judge_settings(facts: SettingsFacts) -> Finding:
    """Report what was read and what is not the default."""
    if facts.error is not None:
        return failed(Check.SETTINGS, facts.error)
    read = ", ".join(facts.files) or "no config file"
    found = "; ".join((f"profile {facts.profile}", read, *facts.changed))
    if facts.warnings:
        return warned(Check.SETTINGS, "; ".join((found, *facts.warnings)), Fix.SETTLE_WARNINGS)
    return passed(Check.SETTINGS, found)


def judge_time_zones(facts: TimeZoneFacts) -> Finding:
    """Without its zone, of the end of a contract only the date is known."""
    source = f"tzdata {facts.version}" if facts.version else "the system's"
    if facts.missing:
        found = f"{source} lacks {', '.join(facts.missing)}"
        return warned(Check.TIME_ZONES, found, Fix.UPDATE_TIME_ZONES)
    return passed(
        Check.TIME_ZONES, f"{source}, all {facts.known} time zones of exchanges are known"
    )


def _owners(facts: LibraryFacts) -> str:
    return ", ".join(f"{name} {version}" for name, version in facts.owners.items())
