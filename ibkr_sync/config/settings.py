"""The settings: the tables of a config file, and what comes of them for each profile.

Each field's description completes the sentence "must be …" of an error message.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from ibkr_sync.config.database_paths import PathContext, database_file_path, database_path
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY

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
_LARGEST_NUMBER = 10**12
_POSITIVE = "a number above 0, as 0.5"
_CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9 ._&/+-]{0,31}$"
_CODE = "letters, digits and . _ & / + -, at most 32"


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


ProfileName: TypeAlias = Annotated[str, StringConstraints(pattern=PROFILE_NAME_PATTERN)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=DAY, allow_inf_nan=False)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=_CODE_PATTERN)]
PositiveNumber: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact_number), Field(gt=0, le=_LARGEST_NUMBER, allow_inf_nan=False)
]
DatabaseLocation: TypeAlias = Annotated[
    str | None,
    AfterValidator(_locate_database),
    Field(description="a file, or a URL starting with postgresql:// or sqlite:///"),
]


class _Table(BaseModel):
    # Inputs may hold secrets, so pydantic may not repeat them.
    # Deferred, as a table that is only ever part of another would else be built twice; for the
    # same reason defaults are constructed, not validated.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


class GatewaySettings(_Table):
    """Where TWS or IB Gateway listens, and how it is talked to; times are in seconds.

    Attributes:
        client_id: the first client id tried.
        client_id_tries: how many ids are tried, counting up, while IBKR answers 326.
        connect_timeout: for the TCP connection.
        handshake_timeout: from the connection to the session's first valid request id.
        idle_timeout: between two messages of a reply, and for IBKR to be back once it is lost.
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
        default=8, ge=1, le=32, description="a whole number from 1 to 32"
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


class ProfileSettingsTable(_Table):
    """`[profiles.NAME]` as a file writes it; what is not set comes from elsewhere."""

    source: Annotated[
        str | None,
        AfterValidator(_locate_source),
        Field(description="local, ibkr or file:PATH"),
    ] = None
    replay: Literal["sample"] | None = Field(default=None, description="sample")
    database: DatabaseLocation = Field(default=None, repr=False)
    gateway: GatewaySettings = GatewaySettings.model_construct()


class CatalogueSettings(_Table):
    """`[[catalogue]]`: a product that the bundled catalogue lacks or has wrong.

    Attributes:
        trading_class: the symbol if None.
        exchange_code: the exchange's own product code; None when it is the symbol or unknown.
        multiplier: None when it varies by month or is unknown.
        min_tick: smallest increment in currency units.
        weekly_expiries: whether weekly or daily contracts share the symbol.
    """

    symbol: Code = Field(description=f"IBKR's symbol: {_CODE}")
    exchange: Code = Field(description=f"IBKR's code of the exchange: {_CODE}")
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = Field(
        description="three capital letters, as USD"
    )
    category: Annotated[str, AfterValidator(_check_category)] = Field(
        description=", ".join(sorted(ASSET_CLASS_OF_CATEGORY))
    )
    trading_class: Code | None = Field(default=None, description=_CODE)
    exchange_code: Code | None = Field(default=None, description=_CODE)
    # A counted repetition of \p{C} would take 40 ms and 17 MB to compile, with every command.
    name: Annotated[str, StringConstraints(pattern=r"^[^\p{C}]+$", max_length=120)] | None = Field(
        default=None, description="a line of text, at most 120 characters"
    )
    multiplier: PositiveNumber | None = Field(default=None, description=_POSITIVE)
    price_magnifier: int = Field(
        default=1, ge=1, le=10**9, description="a whole number from 1, as 100"
    )
    min_tick: PositiveNumber | None = Field(default=None, description=_POSITIVE)
    weekly_expiries: bool = Field(default=False, description="true or false")


class ConfigTable(_Table):
    """A whole config file; what is not set comes from elsewhere."""

    profile: ProfileName = Field(
        default="local", description="a profile's name (its settings go under [profiles.NAME])"
    )
    database: DatabaseLocation = Field(default=None, repr=False)
    # A list in TOML; strictness is for what it holds.
    catalogue: Annotated[tuple[CatalogueSettings, ...], Field(strict=False)] = Field(
        default=(), description="tables of their own, each under [[catalogue]]"
    )
    gateway: GatewaySettings = GatewaySettings.model_construct()
    output: OutputSettings = OutputSettings.model_construct()
    log: LogSettings = LogSettings.model_construct()
    profiles: dict[ProfileName, ProfileSettingsTable] = Field(default={}, description=PROFILE_NAME)


SHIPPED_PROFILES: Mapping[str, ProfileSettingsTable] = {
    "local": ProfileSettingsTable.model_construct(source="local"),
    "ibkr": ProfileSettingsTable.model_construct(source="ibkr"),
    "demo": ProfileSettingsTable.model_construct(source="ibkr", replay="sample"),
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
        catalogue: the user's own products, the same for every profile.
    """

    source: str
    replay: Literal["sample"] | None
    database: str = field(repr=False)
    gateway: GatewaySettings
    catalogue: tuple[CatalogueSettings, ...] = ()

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None in memory and for PostgreSQL."""
        return database_file_path(self.database)

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
