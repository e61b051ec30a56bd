"""What the command line and the environment set, on top of the config files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ibkr_sync.config.config_files import CONFIG_VARIABLE
from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.config.toml_keys import TomlKey
from ibkr_sync.domain.errors import ConfigProblem

COMMAND_LINE = "command line"
ENVIRONMENT = "environment"
DATABASE_LOCATION: TomlKey = ("database", "location")

# The common prefix alone makes any two of our variables rather alike.
_ALIKE = 0.85
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

_FLAGS: Mapping[str, TomlKey] = {
    "profile": ("profile",),
    "source": ("source",),
    "database": DATABASE_LOCATION,
    "host": ("gateway", "host"),
    "port": ("gateway", "port"),
    "client_id": ("gateway", "client_id"),
    "format": ("output", "format"),
    "log_file": ("log", "file"),
    "log_format": ("log", "format"),
}
# The names without SYNC are shared with other programs: the last resort.
_VARIABLES: Mapping[TomlKey, tuple[str, ...]] = {
    ("profile",): ("IBKR_SYNC_PROFILE",),
    DATABASE_LOCATION: ("IBKR_SYNC_DATABASE",),
    ("gateway", "host"): ("IBKR_SYNC_HOST", "IBKR_HOST"),
    ("gateway", "port"): ("IBKR_SYNC_PORT", "IBKR_PORT"),
    ("gateway", "client_id"): ("IBKR_SYNC_CLIENT_ID", "IBKR_CLIENT_ID"),
    ("log", "file"): ("IBKR_SYNC_LOG_FILE",),
}
_NUMBERS = frozenset({("gateway", "port"), ("gateway", "client_id")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A value set for this call; `key` is one of the profile in use, or of all profiles."""

    source: str
    name: str
    key: TomlKey
    value: object = field(repr=False)


def flag_overrides(flags: Mapping[str, object]) -> Iterator[Override]:
    """Give what the command line sets; an option that is None was not given.

    Raises ValueError for an option that sets nothing here, which is a mistake of the caller.
    """
    for option, value in flags.items():
        if option == "config" or value is None:
            continue
        if option not in _FLAGS:
            raise ValueError(f"no setting has a command-line option {option!r}")
        key = _FLAGS[option]
        name = "--" + option.replace("_", "-")
        typed = value if isinstance(value, int) else _typed(key, str(value))
        yield Override(source=COMMAND_LINE, name=name, key=key, value=typed)


def environment_overrides(environ: Mapping[str, str]) -> Iterator[Override]:
    """Give what the environment sets; an empty variable counts as not set."""
    for key, names in _VARIABLES.items():
        for name in names:
            if text := environ.get(name):
                yield Override(source=ENVIRONMENT, name=name, key=key, value=_typed(key, text))
                break


def unknown_overrides(environ: Mapping[str, str]) -> Iterator[ConfigProblem]:
    """Warn of variables that look like a misspelled one of ours."""
    known = {name for names in _VARIABLES.values() for name in names} | {CONFIG_VARIABLE}
    for name in sorted(environ.keys() - known):
        if not name.startswith("IBKR_SYNC_"):
            continue
        for known_name in get_close_matches(name, known, n=1, cutoff=_ALIKE):
            yield ConfigProblem(
                source=ENVIRONMENT,
                key=safe_text(name),
                message="there is no such variable",
                suggestion=f"did you mean {known_name}?",
            )


def _typed(key: TomlKey, text: str) -> object:
    if key in _NUMBERS and _WHOLE_NUMBER.fullmatch(text.strip()):
        return int(text)
    return text
