"""The settings: the tables of a config file, and what comes of them for each profile.

Each field's description completes the sentence "must be …" of an error message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ibkr_sync.config.database_paths import database_file_path
from ibkr_sync.config.setting_types import (
    FILE_SOURCE,
    KEPT_FOR,
    PROFILE_NAME,
    Category,
    Code,
    Command,
    DatabaseLocation,
    FilePath,
    Host,
    PingUrl,
    PositiveNumber,
    ProfileName,
    Retention,
    Seconds,
    Source,
)

# Client ids are 32-bit on the wire; the tries count up from the first one.
MAX_CLIENT_ID_TRIES = 32
MAX_CLIENT_ID = 2**31 - 1 - MAX_CLIENT_ID_TRIES
# TWS allows 50 messages a second and counts in its own way, so one is kept in reserve.
MAX_MESSAGES_PER_SECOND = 49
_POSITIVE = "a number above 0, as 0.5"
_CODE = "letters, digits and . _ & / + -, at most 32"


class _Table(BaseModel):
    # Inputs may hold secrets, so pydantic may not repeat them.
    # Deferred, as a table that is only ever part of another would else be built twice; for the
    # same reason defaults are constructed, not validated.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


class DatabaseSettings(_Table):
    """Where everything is stored, and how long raw replies are; a text is the location alone.

    Attributes:
        keep_raw_replies: a product's newest is kept in any case.
    """

    location: DatabaseLocation = Field(default=None, repr=False)
    keep_raw_replies: Retention = KEPT_FOR

    @model_validator(mode="before")
    @classmethod
    def _table_of_location(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"location": value}


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

    host: Host = "127.0.0.1"
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
    connect_timeout: Seconds = 5
    handshake_timeout: Seconds = 15
    idle_timeout: Seconds = 30
    total_timeout: Seconds = 180
    run_timeout: Seconds = 3600
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

    file: FilePath = None
    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="auto, text or json"
    )


class NotifySettings(_Table):
    """Who is notified of a refresh; nobody unless it is set.

    Attributes:
        ping_url: for a heartbeat after the protocol of healthchecks.io.
        command: a program with its arguments, run with the events as JSON on stdin.
        severity: the least severity of events that it is run for.
        timeout: for each of them, in seconds.
    """

    ping_url: PingUrl = Field(default=None, repr=False)
    command: Command = Field(default=(), repr=False)
    severity: Literal["info", "notice", "critical"] = Field(
        default="critical", description="info, notice or critical"
    )
    timeout: Seconds = 10


class ProfileSettingsTable(_Table):
    """`[profiles.NAME]` as a file writes it; what is not set comes from elsewhere."""

    source: Source = None
    replay: Literal["sample"] | None = Field(default=None, description="sample")
    database: DatabaseSettings = DatabaseSettings.model_construct()
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
    category: Category
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
    database: DatabaseSettings = DatabaseSettings.model_construct()
    # A list in TOML; strictness is for what it holds.
    catalogue: Annotated[tuple[CatalogueSettings, ...], Field(strict=False)] = Field(
        default=(), description="tables of their own, each under [[catalogue]]"
    )
    gateway: GatewaySettings = GatewaySettings.model_construct()
    output: OutputSettings = OutputSettings.model_construct()
    log: LogSettings = LogSettings.model_construct()
    notify: NotifySettings = NotifySettings.model_construct()
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
        keep_raw_replies: how long, but for a product's newest; None for ever.
        gateway: where the gateway listens and how it is talked to.
        catalogue: the user's own products, the same for every profile.
    """

    source: str
    replay: Literal["sample"] | None
    database: str = field(repr=False)
    gateway: GatewaySettings
    catalogue: tuple[CatalogueSettings, ...] = ()
    keep_raw_replies: timedelta | None = None

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
    """All settings, resolved; `profile` names the one in use."""

    profile: str
    profiles: Mapping[str, ProfileSettings]
    output: OutputSettings
    log: LogSettings
    notify: NotifySettings

    @property
    def active(self) -> ProfileSettings:
        """The settings of the profile in use."""
        return self.profiles[self.profile]
