"""The types of single settings: what their texts may be, and how they are read.

Each description completes the sentence "must be …" of an error message.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from ibkr_sync.config.database_paths import PathContext, database_path
from ibkr_sync.domain.durations import parse_duration
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY

FILE_SOURCE = "file:"
SOURCES = ("local", "ibkr", FILE_SOURCE)
PROFILE_NAME_PATTERN = "^[A-Za-z0-9_-]{1,32}$"
PROFILE_NAME = "letters, digits, - and _, at most 32"
FOREVER = "forever"
KEPT_FOR = "90d"
"""How long raw replies are kept by default."""

_DAY = 86400
_WEB_SCHEMES = ("http", "https")
_LARGEST_NUMBER = 10**12
_CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9 ._&/+-]{0,31}$"


def _paths(info: ValidationInfo) -> PathContext:
    if not isinstance(info.context, PathContext):
        raise TypeError("paths are validated in the context of a PathContext")
    return info.context


def _check_host(host: str) -> str:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError("the port is a setting of its own") from None
        return host
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", host):
        raise ValueError("it can't be a host")
    return host


def _locate_source(source: str, info: ValidationInfo) -> str:
    if source.startswith(FILE_SOURCE):
        return FILE_SOURCE + str(_paths(info).file(source.removeprefix(FILE_SOURCE)))
    if source not in SOURCES:
        raise ValueError("there is no such source")
    return source


def _locate_database(database: str, info: ValidationInfo) -> str | None:
    paths = _paths(info)
    return None if paths.is_default(database) else database_path(database, paths)


def _locate_file(path: str, info: ValidationInfo) -> str | None:
    paths = _paths(info)
    return None if paths.is_default(path) else str(paths.file(path))


def _exact_number(value: object) -> object:
    # The shortest text that means the float is the number as it was written.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else value


def _check_category(category: str) -> str:
    if category not in ASSET_CLASS_OF_CATEGORY:
        raise ValueError("there is no such category")
    return category


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


def _read_command(command: object, info: ValidationInfo) -> tuple[str, ...]:
    """A program that is named by a path is a file as others are; of the rest only ~/ is read."""
    given = command if isinstance(command, list | tuple) else None
    if given is None:
        raise ValueError("it is no list")
    words = [word for word in given if isinstance(word, str)]
    if len(words) < len(given):
        raise ValueError("one of them is no text")
    if not words:
        return ()
    if not words[0]:
        raise ValueError("the program's name is empty")
    if any("\0" in word for word in words):
        raise ValueError("one of them holds a NUL character")
    program, *arguments = words
    paths = _paths(info)
    if "/" in program or program.startswith("~"):
        program = str(paths.file(program))
    located = (
        str(paths.absolute(argument)) if argument.startswith("~/") else argument
        for argument in arguments
    )
    return (program, *located)


ProfileName: TypeAlias = Annotated[str, StringConstraints(pattern=PROFILE_NAME_PATTERN)]
Host: TypeAlias = Annotated[
    str, AfterValidator(_check_host), Field(description="a host name or an IP address")
]
Seconds: TypeAlias = Annotated[
    float,
    Field(
        gt=0,
        le=_DAY,
        allow_inf_nan=False,
        description=f"a number of seconds above 0, at most {_DAY}",
    ),
]
Source: TypeAlias = Annotated[
    str | None, AfterValidator(_locate_source), Field(description="local, ibkr or file:PATH")
]
DatabaseLocation: TypeAlias = Annotated[
    str | None,
    AfterValidator(_locate_database),
    Field(description="a file, or a URL starting with postgresql:// or sqlite:///"),
]
Retention: TypeAlias = Annotated[
    str,
    AfterValidator(_check_retention),
    Field(description=f"a duration as 90d or 12w, or {FOREVER}"),
]
FilePath: TypeAlias = Annotated[
    str | None, AfterValidator(_locate_file), Field(description="a file's path")
]
PingUrl: TypeAlias = Annotated[
    str | None,
    AfterValidator(_check_ping_url),
    Field(description="a URL starting with https:// or http://, without ? and #"),
]
Command: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_read_command),
    Field(description="a list of a program and its arguments"),
]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=_CODE_PATTERN)]
Category: TypeAlias = Annotated[
    str,
    AfterValidator(_check_category),
    Field(description=", ".join(sorted(ASSET_CLASS_OF_CATEGORY))),
]
PositiveNumber: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact_number), Field(gt=0, le=_LARGEST_NUMBER, allow_inf_nan=False)
]
