"""The types of single settings: what their values may be, and how they are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from ibkr_sync.config.database_paths import PathContext, database_path
from ibkr_sync.domain.durations import parse_duration
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY

FILE_SOURCE = "file:"
SOURCES = ("local", "ibkr")
"""Those with a name; the other is a file."""

PROFILE_NAME_PATTERN = "[A-Za-z0-9_-]{1,32}"
PROFILE_NAME = "letters, digits, - and _, at most 32"
FOREVER = "forever"
KEPT_FOR = "90d"
"""How long raw replies are kept by default."""

_DAY = 86400
_WEB_SCHEMES = ("http", "https")
_LARGEST_NUMBER = 10**12
_LONGEST_NAME = 120
_CODE_PATTERN = "[A-Za-z0-9][A-Za-z0-9 ._&/+-]{0,31}"
_CODE = "letters, digits and . _ & / + -, at most 32"


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingType:
    """What a setting may be.

    Attributes:
        read: gives what a value of a TOML file means, a path in its context; raises ValueError,
            which says why where `description` does not say all.
        description: completes the sentence "must be …" of an error message.
        choices: texts that something misspelled may be meant for.
    """

    read: Callable[[Any, PathContext], Any]
    description: str
    choices: tuple[str, ...] = ()


def text(
    read: Callable[[str, PathContext], Any], description: str, choices: tuple[str, ...] = ()
) -> SettingType:
    """A text that is read by `read`."""

    def read_text(value: object, paths: PathContext) -> object:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - it is the user who is wrong
        return read(value, paths)

    return SettingType(read=read_text, description=description, choices=choices)


def text_like(pattern: str, description: str) -> SettingType:
    """A text that matches a regular expression as a whole."""
    return text(lambda given, _: _accept(given, re.fullmatch(pattern, given)), description)


def choice(*choices: str) -> SettingType:
    """One of a few texts."""
    description = " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
    return text(lambda given, _: _accept(given, given in choices), description, choices)


def whole_number(least: int, most: int, description: str | None = None) -> SettingType:
    """An integer from `least` to `most`."""
    return SettingType(
        read=lambda value, _: _accept(value, type(value) is int and least <= value <= most),
        description=description or f"a whole number from {least} to {most}",
    )


def _accept(value: T, accepted: object) -> T:
    if not accepted:
        raise ValueError
    return value


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


def _read_switch(value: object, _: PathContext) -> object:
    return _accept(value, value is True or value is False)


def _check_host(host: str) -> str:
    if ":" in host:
        import ipaddress

        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError("the port is a setting of its own") from None
        return host
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", host):
        raise ValueError("it can't be a host")
    return host


def _locate_source(source: str, paths: PathContext) -> str:
    if source.startswith(FILE_SOURCE):
        return FILE_SOURCE + str(paths.file(source.removeprefix(FILE_SOURCE)))
    if source not in SOURCES:
        raise ValueError("there is no such source")
    return source


def _locate_database(database: str, paths: PathContext) -> str | None:
    return None if paths.is_default(database) else database_path(database, paths)


def _locate_file(path: str, paths: PathContext) -> str | None:
    return None if paths.is_default(path) else str(paths.file(path))


def _read_exactly(value: object, _: PathContext) -> Decimal:
    # The shortest text that means the float is the number as it was written.
    return Decimal(str(_accept(value, _is_number(value, _LARGEST_NUMBER))))


def _check_category(category: str) -> str:
    if category not in ASSET_CLASS_OF_CATEGORY:
        raise ValueError("there is no such category")
    return category


def _is_line(line: str) -> bool:
    return 0 < len(line) <= _LONGEST_NAME and not any(
        unicodedata.category(character).startswith("C") for character in line
    )


def retention_span(retention: str) -> timedelta | None:
    """How long something is kept, None for ever; raises ValueError, as `parse_duration`."""
    return None if retention == FOREVER else parse_duration(retention)


def _check_retention(retention: str) -> str:
    try:
        retention_span(retention)
    except ValueError as error:
        raise ValueError(f"it {error}") from None
    return retention


def _check_ping_url(url: str) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = _check_host(parts.hostname or "")
        host.encode("idna")  # as what connects does
        is_port = parts.port != 0
    except ValueError:  # whose text may repeat what is secret
        raise ValueError("its host and port can't be those of a server") from None
    if parts.username is not None:
        raise ValueError("no user and password can be part of it")
    is_plain = re.fullmatch(r"[!-~]+", url) and not (parts.query or parts.fragment)
    if parts.scheme not in _WEB_SCHEMES or not is_plain or not is_port:
        raise ValueError("it can't be pinged")
    return url


def _read_command(command: object, paths: PathContext) -> tuple[str, ...]:
    """A program that is named by a path is a file as others are; of the rest only ~/ is read."""
    if not isinstance(command, list):
        raise ValueError("it is no list")  # noqa: TRY004 - as above
    words = [word for word in command if isinstance(word, str)]
    if len(words) < len(command):
        raise ValueError("one of them is no text")
    if not words:
        return ()
    if not words[0]:
        raise ValueError("the program's name is empty")
    if any("\0" in word for word in words):
        raise ValueError("one of them holds a NUL character")
    program, *arguments = words
    if "/" in program or program.startswith("~"):
        program = str(paths.file(program))
    located = (
        str(paths.absolute(argument)) if argument.startswith("~/") else argument
        for argument in arguments
    )
    return (program, *located)


PROFILE: Final = text_like(
    PROFILE_NAME_PATTERN, "a profile's name (its settings go under [profiles.NAME])"
)
HOST: Final = text(lambda host, _: _check_host(host), "a host name or an IP address")
SECONDS: Final = SettingType(
    read=lambda value, _: _accept(value, _is_number(value, _DAY)),
    description=f"a number of seconds above 0, at most {_DAY}",
)
SOURCE: Final = text(_locate_source, f"{', '.join(SOURCES)} or {FILE_SOURCE}PATH", SOURCES)
DATABASE: Final = text(
    _locate_database, "a file, or a URL starting with postgresql:// or sqlite:///"
)
RETENTION: Final = text(
    lambda retention, _: _check_retention(retention), f"a duration as 90d or 12w, or {FOREVER}"
)
FILE: Final = text(_locate_file, "a file's path")
PING_URL: Final = text(
    lambda url, _: _check_ping_url(url), "a URL starting with https:// or http://, without ? and #"
)
COMMAND: Final = SettingType(
    read=_read_command, description="a list of a program and its arguments"
)
CODE: Final = text_like(_CODE_PATTERN, _CODE)
SYMBOL: Final = text_like(_CODE_PATTERN, f"IBKR's symbol: {_CODE}")
EXCHANGE: Final = text_like(_CODE_PATTERN, f"IBKR's code of the exchange: {_CODE}")
CURRENCY: Final = text_like("[A-Z]{3}", "three capital letters, as USD")
CATEGORY: Final = text(
    lambda category, _: _check_category(category),
    ", ".join(sorted(ASSET_CLASS_OF_CATEGORY)),
    tuple(ASSET_CLASS_OF_CATEGORY),
)
LINE: Final = text(
    lambda line, _: _accept(line, _is_line(line)), "a line of text, at most 120 characters"
)
POSITIVE_NUMBER: Final = SettingType(read=_read_exactly, description="a number above 0, as 0.5")
SWITCH: Final = SettingType(read=_read_switch, description="true or false")
