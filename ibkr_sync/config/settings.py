"""The settings: the tables of a config file, and what comes of them for each profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ibkr_sync.config.database_paths import database_file_path
from ibkr_sync.config.setting_types import (
    CATEGORY,
    CODE,
    COMMAND,
    CURRENCY,
    DATABASE,
    EXCHANGE,
    FILE,
    FILE_SOURCE,
    HOST,
    KEPT_FOR,
    LINE,
    PING_URL,
    POSITIVE_NUMBER,
    PROFILE,
    RETENTION,
    SECONDS,
    SOURCE,
    SWITCH,
    SYMBOL,
    SettingType,
    choice,
    whole_number,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

TYPE: Final = "type"
"""The metadata of a field that says what it may be; one without is a table."""

# Client ids are 32-bit on the wire; the tries count up from the first one.
MAX_CLIENT_ID_TRIES = 32
MAX_CLIENT_ID = 2**31 - 1 - MAX_CLIENT_ID_TRIES
# TWS allows 50 messages a second and counts in its own way, so one is kept in reserve.
MAX_MESSAGES_PER_SECOND = 49


def _of(kind: SettingType) -> Mapping[str, Any]:
    return {TYPE: kind}


def field_names(table: type[DataclassInstance]) -> tuple[str, ...]:
    """What may be set in a table, in the order of its declaration."""
    return tuple(setting.name for setting in fields(table))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Where everything is stored, and how long raw replies are; a text is the location alone.

    Attributes:
        keep_raw_replies: a product's newest is kept in any case.
    """

    location: str | None = field(default=None, repr=False, metadata=_of(DATABASE))
    keep_raw_replies: str = field(default=KEPT_FOR, metadata=_of(RETENTION))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
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

    host: str = field(default="127.0.0.1", metadata=_of(HOST))
    port: int = field(default=4002, metadata=_of(whole_number(1, 65535, "a port from 1 to 65535")))
    client_id: int = field(default=411, metadata=_of(whole_number(0, MAX_CLIENT_ID)))
    client_id_tries: int = field(default=4, metadata=_of(whole_number(1, MAX_CLIENT_ID_TRIES)))
    connect_timeout: float = field(default=5, metadata=_of(SECONDS))
    handshake_timeout: float = field(default=15, metadata=_of(SECONDS))
    idle_timeout: float = field(default=30, metadata=_of(SECONDS))
    total_timeout: float = field(default=180, metadata=_of(SECONDS))
    run_timeout: float = field(default=3600, metadata=_of(SECONDS))
    messages_per_second: int = field(
        default=40, metadata=_of(whole_number(1, MAX_MESSAGES_PER_SECOND))
    )
    requests_in_flight: int = field(default=8, metadata=_of(whole_number(1, 32)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """How results are printed; `auto` is a table on a terminal and TSV in a pipe."""

    format: str = field(
        default="auto", metadata=_of(choice("auto", "table", "json", "jsonl", "csv", "tsv"))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """Where the log goes besides stderr, and how it is written there.

    `auto` is text on a terminal and JSON lines otherwise.
    """

    file: str | None = field(default=None, metadata=_of(FILE))
    format: str = field(default="auto", metadata=_of(choice("auto", "text", "json")))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Who is notified of a refresh; nobody unless it is set.

    Attributes:
        ping_url: for a heartbeat after the protocol of healthchecks.io.
        command: a program with its arguments, run with the events as JSON on stdin.
        severity: the least severity of events that it is run for.
        timeout: for each of them, in seconds.
    """

    ping_url: str | None = field(default=None, repr=False, metadata=_of(PING_URL))
    command: tuple[str, ...] = field(default=(), repr=False, metadata=_of(COMMAND))
    severity: str = field(default="critical", metadata=_of(choice("info", "notice", "critical")))
    timeout: float = field(default=10, metadata=_of(SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettingsTable:
    """`[profiles.NAME]` as a file writes it; what is not set comes from elsewhere."""

    source: str | None = field(default=None, metadata=_of(SOURCE))
    replay: Literal["sample"] | None = field(default=None, metadata=_of(choice("sample")))
    database: DatabaseSettings = DatabaseSettings()
    gateway: GatewaySettings = GatewaySettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSettings:
    """`[[catalogue]]`: a product that the bundled catalogue lacks or has wrong.

    Attributes:
        trading_class: the symbol if None.
        exchange_code: the exchange's own product code; None when it is the symbol or unknown.
        multiplier: None when it varies by month or is unknown.
        min_tick: smallest increment in currency units.
        weekly_expiries: whether weekly or daily contracts share the symbol.
    """

    symbol: str = field(metadata=_of(SYMBOL))
    exchange: str = field(metadata=_of(EXCHANGE))
    currency: str = field(metadata=_of(CURRENCY))
    category: str = field(metadata=_of(CATEGORY))
    trading_class: str | None = field(default=None, metadata=_of(CODE))
    exchange_code: str | None = field(default=None, metadata=_of(CODE))
    name: str | None = field(default=None, metadata=_of(LINE))
    multiplier: Decimal | None = field(default=None, metadata=_of(POSITIVE_NUMBER))
    price_magnifier: int = field(
        default=1, metadata=_of(whole_number(1, 10**9, "a whole number from 1, as 100"))
    )
    min_tick: Decimal | None = field(default=None, metadata=_of(POSITIVE_NUMBER))
    weekly_expiries: bool = field(default=False, metadata=_of(SWITCH))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigTable:
    """A whole config file; what is not set comes from elsewhere."""

    profile: str = field(default="local", metadata=_of(PROFILE))
    database: DatabaseSettings = DatabaseSettings()
    catalogue: tuple[CatalogueSettings, ...] = ()
    gateway: GatewaySettings = GatewaySettings()
    output: OutputSettings = OutputSettings()
    log: LogSettings = LogSettings()
    notify: NotifySettings = NotifySettings()
    profiles: Mapping[str, ProfileSettingsTable] = field(default_factory=dict)


SHIPPED_PROFILES: Mapping[str, ProfileSettingsTable] = {
    "local": ProfileSettingsTable(source="local"),
    "ibkr": ProfileSettingsTable(source="ibkr"),
    "demo": ProfileSettingsTable(source="ibkr", replay="sample"),
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
