"""The settings: the tables of a config file, and what comes of them for each profile.

Each field's description completes the sentence "must be …" of an error message.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from ibkr_sync.config.locations import PathContext, is_postgres, locate_database

FILE_SOURCE = "file:"
SOURCES = ("local", "ibkr", FILE_SOURCE)
PROFILE_NAME_PATTERN = "^[A-Za-z0-9_-]{1,32}$"
PROFILE_NAME = "letters, digits, - and _, at most 32"

# Client ids are 32-bit on the wire; the tries count up from the first one.
MAX_CLIENT_ID_TRIES = 32
MAX_CLIENT_ID = 2**31 - 1 - MAX_CLIENT_ID_TRIES
# TWS allows 50 messages a second and counts in its own way, so one is kept in reserve.
MAX_MESSAGES_PER_SECOND = 49
DAY = 86400
_SECONDS = f"a number of seconds above 0, at most {DAY}"


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
    return locate_database(database, _paths(info)) if database else None


def _locate_file(path: str, info: ValidationInfo) -> str | None:
    return str(_paths(info).file(path)) if path else None


ProfileName: TypeAlias = Annotated[str, StringConstraints(pattern=PROFILE_NAME_PATTERN)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=DAY, allow_inf_nan=False)]
DatabaseLocation: TypeAlias = Annotated[
    str | None,
    AfterValidator(_locate_database),
    Field(description="a file, or a URL starting with postgresql:// or sqlite:///"),
]


class _Table(BaseModel):
    # Inputs may hold secrets, so pydantic may not repeat them.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class GatewaySettings(_Table):
    """Where TWS or IB Gateway listens, and how it is talked to; times are in seconds.

    Attributes:
        client_id: the first client id tried.
        client_id_tries: how many ids are tried, counting up, while IBKR answers 326.
        connect_timeout: for the TCP connection.
        handshake_timeout: from the connection to the session's first valid request id.
        idle_timeout: between two messages of a reply.
        total_timeout: for one product's reply.
        run_timeout: for all products of a command.
        messages_per_second: of every kind, evenly spaced.
        requests_in_flight: requests unanswered at a time.
    """

    host: Annotated[str, AfterValidator(_check_host)] = Field(
        default="127.0.0.1", description="a host name or an IP address"
    )
    port: int = Field(default=4002, ge=1, le=65535, description="a port from 1 to 65535")
    client_id: int = Field(
        default=411,
        ge=0,
        le=MAX_CLIENT_ID,
        description=f"a whole number from 0 to {MAX_CLIENT_ID}",
    )
    client_id_tries: int = Field(
        default=4,
        ge=1,
        le=MAX_CLIENT_ID_TRIES,
        description=f"a whole number from 1 to {MAX_CLIENT_ID_TRIES}",
    )
    connect_timeout: Seconds = Field(default=5, description=_SECONDS)
    handshake_timeout: Seconds = Field(default=15, description=_SECONDS)
    idle_timeout: Seconds = Field(default=30, description=_SECONDS)
    total_timeout: Seconds = Field(default=180, description=_SECONDS)
    run_timeout: Seconds = Field(default=3600, description=_SECONDS)
    messages_per_second: int = Field(
        default=40,
        ge=1,
        le=MAX_MESSAGES_PER_SECOND,
        description=f"a whole number from 1 to {MAX_MESSAGES_PER_SECOND}",
    )
    requests_in_flight: int = Field(
        default=4, ge=1, le=32, description="a whole number from 1 to 32"
    )


class OutputSettings(_Table):
    """How results are printed; `auto` is a table on a terminal and TSV in a pipe."""

    format: Literal["auto", "table", "json", "jsonl", "csv", "tsv"] = Field(
        default="auto", description="auto, table, json, jsonl, csv or tsv"
    )


class LogSettings(_Table):
    """Where the log goes besides stderr, and how it is written there.

    `auto` is text on a terminal and JSON lines otherwise.
    """

    file: Annotated[
        str | None, AfterValidator(_locate_file), Field(description="a file's path")
    ] = None
    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="auto, text or json"
    )


class ProfileTable(_Table):
    """`[profiles.NAME]` as a file writes it; what is not set comes from elsewhere."""

    source: Annotated[
        str | None,
        AfterValidator(_locate_source),
        Field(description="local, ibkr or file:PATH"),
    ] = None
    replay: Literal["sample"] | None = Field(default=None, description="sample")
    database: DatabaseLocation = Field(default=None, repr=False)
    gateway: GatewaySettings = GatewaySettings()


class ConfigTable(_Table):
    """A whole config file; what is not set comes from elsewhere."""

    profile: ProfileName = Field(
        default="local", description="a profile's name (its settings go under [profiles.NAME])"
    )
    database: DatabaseLocation = Field(default=None, repr=False)
    gateway: GatewaySettings = GatewaySettings()
    output: OutputSettings = OutputSettings()
    log: LogSettings = LogSettings()
    profiles: dict[ProfileName, ProfileTable] = Field(default={}, description=PROFILE_NAME)


SHIPPED_PROFILES: Mapping[str, ProfileTable] = {
    "local": ProfileTable(source="local"),
    "ibkr": ProfileTable(source="ibkr"),
    "demo": ProfileTable(source="ibkr", replay="sample"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """One profile with everything resolved.

    Attributes:
        source: `local`, `ibkr` or `file:` with an absolute path.
        replay: the built-in recording that stands in for a gateway; then `gateway.host` and
            `gateway.port` say nothing, as the replay gateway picks a free port on loopback.
        database: an absolute path (SQLite) or a postgresql:// URL, secrets included.
        gateway: where the gateway listens and how it is talked to.
    """

    source: str
    replay: Literal["sample"] | None
    database: str = field(repr=False)
    gateway: GatewaySettings

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return None if is_postgres(self.database) else Path(self.database)

    @property
    def source_file(self) -> Path | None:
        """The file to read from; None when the source is no file."""
        path = self.source.removeprefix(FILE_SOURCE)
        return None if path == self.source else Path(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the product can be told, resolved; `profile` names the one in use."""

    profile: str
    profiles: Mapping[str, ProfileSettings]
    output: OutputSettings
    log: LogSettings

    @property
    def active(self) -> ProfileSettings:
        """The settings of the profile in use."""
        return self.profiles[self.profile]
