"""The schema, the same in SQLite and PostgreSQL: current state, history, runs and evidence.

Current state is `products`, `contracts`, `schedules` and `market_rules`. Every change
of a field is appended to `field_changes`, so that any past day follows from current state and
history; hours, which roll on every day, are kept by day in `hours_days` instead. `sync_runs`,
`run_products` and `raw_replies` say where each fact came from. All instants are UTC, all numbers
exact; nothing is ever deleted but old raw replies, when the user says so, those too that were
refused (`refused_replies`), from which no fact comes. `pins` and `watchlist`
are the user's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from ibkr_sync.domain.entities.delivery import DELIVERY_DATES, Settlement
from ibkr_sync.domain.entities.fields import EntityField, FieldKind, Kind, fields_of, ordered_fields
from ibkr_sync.domain.entities.futures import (
    ASSET_CLASS,
    CONTRACT_FIELDS,
    PRODUCT_FIELDS,
    Origin,
    Underlying,
)
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.infrastructure.repositories.local_repo.schema.columns import (
    DecimalColumnType,
    EntryListColumnType,
    EnumColumnType,
    ListColumnType,
    MonthColumnType,
    UtcColumnType,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

UNDERLYING_PREFIX = "underlying_"
"""Begins the columns that an underlying spreads over."""

_COLUMN_TYPES: dict[FieldKind, TypeEngine[Any] | type[TypeEngine[Any]]] = {
    Kind.TEXT: Text,
    Kind.POSSIBLY_EMPTY_TEXT: Text,
    Kind.ZONE: Text,
    Kind.INTEGER: BigInteger,
    Kind.POSITIVE_INTEGER: BigInteger,
    Kind.NUMBER: DecimalColumnType,
    Kind.POSITIVE_NUMBER: DecimalColumnType,
    Kind.DATE: Date,
    Kind.INSTANT: UtcColumnType,
    Kind.MONTH: MonthColumnType,
    Kind.TEXTS: ListColumnType,
    Kind.PAIRS: ListColumnType,
    Kind.VENUES: ListColumnType,
    Kind.SESSIONS: EntryListColumnType,
    Kind.REMARKS: ListColumnType,
}

_SERVER_DEFAULTS: dict[FieldKind, str] = {Kind.REMARKS: "[]"}
"""What rows have that are older than the column."""


def _columns(
    fields: Iterable[EntityField],
    *,
    leading: Iterable[str] = (),
    besides: Iterable[str] = (),
    implied: Iterable[str] = (),
) -> Iterator[Column[Any]]:
    """The columns of fields in their order, but for those that lead or are left out.

    Nested fields spread over columns of their own: an underlying's bear its name and may all be
    null, a listing's are as its own fields are, since no contract is stored without one, but for
    those that are `implied` by another table where they are null.
    """
    for field in ordered_fields(fields, leading):
        if field.name in besides:
            continue
        if field.kind is Underlying:
            yield from (_column(part, UNDERLYING_PREFIX, nullable=True) for part in field.parts)
        elif field.parts:
            yield from (_column(part, nullable=part.name in implied) for part in field.parts)
        else:
            yield _column(field)


def _column(field: EntityField, prefix: str = "", *, nullable: bool = False) -> Column[Any]:
    kind = EnumColumnType(field.choices) if field.choices else _COLUMN_TYPES[field.kind]
    return Column(
        prefix + field.name,
        kind,
        nullable=nullable or field.nullable,
        server_default=_SERVER_DEFAULTS.get(field.kind),
    )


_PRODUCT_COLUMNS = tuple(
    _columns(
        PRODUCT_FIELDS,
        leading=("symbol", "exchange", "trading_class", ASSET_CLASS, "category", "name"),
    )
)
_SYNCED = [column.name for column in _PRODUCT_COLUMNS].index("synced_at")

schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    *_columns(fields_of(TradingSchedule)),
    comment="Hours as sent, and read: UTC sessions and closed days; null where nobody has yet.",
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    *_PRODUCT_COLUMNS[:_SYNCED],
    Column("first_seen_at", UtcColumnType, nullable=False),
    *_PRODUCT_COLUMNS[_SYNCED:],
    Column("schedule_id", ForeignKey("schedules.id")),
    Column(
        "reply_digest", Text
    ),  # which recognises the last reply, and says nothing of the product
    UniqueConstraint("symbol", "exchange", "trading_class"),
    Index(None, "schedule_id"),
    Index(None, "trading_class"),
)

contracts = Table(
    "contracts",
    metadata,
    Column("con_id", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    *_columns(CONTRACT_FIELDS, besides=("con_id", "schedule"), implied=("last_seen_at",)),
    Column("ends_at", UtcColumnType),
    Column("hold_until_long", Date),
    Column("hold_until_short", Date),
    CheckConstraint("con_id > 0", name="con_id_is_positive"),
    Index(None, "product_id", "last_trade_date"),
    Index(None, "last_trade_date"),
    Index(None, "local_symbol"),
    Index(None, "trading_class"),
    comment="A null last_seen_at: seen when its product was last synced.",
)

contract_deliveries = Table(
    "contract_deliveries",
    metadata,
    Column("con_id", ForeignKey("contracts.con_id"), primary_key=True, autoincrement=False),
    Column("settlement", EnumColumnType(Settlement)),
    *(Column(name, Date) for name in DELIVERY_DATES),
    Column("sources", Text, nullable=False),
    Index(None, "first_notice_date"),
    Index(None, "long_cutoff"),
    comment="sources: JSON, of each known fact who says it, with what confidence, learnt when.",
)

delivery_imports = Table(
    "delivery_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("sync_runs.id"), nullable=False),
    Column("origin", EnumColumnType(ImportOrigin), nullable=False),
    Column("source", Text, nullable=False),
    Column("con_id", BigInteger),
    Column("exchange", Text),
    Column("trading_class", Text),
    Column("contract_month", MonthColumnType),
    Column("last_trade_date", Date),
    *(Column(name, Date) for name in DELIVERY_DATES),
    Column("learnt_on", Date, nullable=False),
    Column("imported_at", UtcColumnType, nullable=False),
    Index(None, "con_id"),
    Index(None, "exchange", "trading_class"),
    comment="Append-only: of one origin and contract the newest learnt_on applies.",
)

contract_schedules = Table(
    "contract_schedules",
    metadata,
    Column("con_id", ForeignKey("contracts.con_id"), primary_key=True, autoincrement=False),
    Column("schedule_id", ForeignKey("schedules.id")),
    Index(None, "schedule_id"),
    comment="Contracts whose hours are not their product's; null: none are known.",
)

market_rules = Table(
    "market_rules",
    metadata,
    Column("market_rule_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_seen_at", UtcColumnType, nullable=False),
    Column("changed_at", UtcColumnType, nullable=False),
    comment="The ladder that applies is the one whose seen_at is changed_at.",
)

market_rule_increments = Table(
    "market_rule_increments",
    metadata,
    Column("market_rule_id", ForeignKey("market_rules.market_rule_id"), primary_key=True),
    Column("seen_at", UtcColumnType, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("low_edge", DecimalColumnType, nullable=False),
    Column("increment", DecimalColumnType, nullable=False),
    comment="Append-only: a changed ladder is a new set of rows.",
)

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", EnumColumnType(Origin), nullable=False),
    Column("started_at", UtcColumnType, nullable=False),
    Column("finished_at", UtcColumnType),
    Column("outcome", EnumColumnType(RunOutcome), nullable=False),
    Column("kind", EnumColumnType(RunKind), nullable=False, server_default=RunKind.GET.value),
    Column("error", Text),
    Column("message", Text),
    comment="Error and message tell what ended a run before its time.",
)

field_changes = Table(
    "field_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("sync_runs.id"), nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("con_id", ForeignKey("contracts.con_id")),
    Column("field", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("seen_at", UtcColumnType, nullable=False),
    Index(None, "product_id", "seen_at"),
    Index(None, "con_id", "seen_at"),
    Index(None, "seen_at"),
    comment="Append-only. A null con_id is the product's own field.",
)

run_products = Table(
    "run_products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("sync_runs.id"), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("exchange", Text),
    Column("trading_class", Text),
    Column("product_id", ForeignKey("products.id")),
    Column("outcome", EnumColumnType(ProductOutcome), nullable=False),
    Column("error", Text),
    Column("message", Text),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("delisted", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("at", UtcColumnType, nullable=False),
    Column("given_at", UtcColumnType),
    Column("moved", Integer),
    Column("replaced", Integer),
    Column("expired", Integer),
    Index(None, "run_id"),
    Index(None, "product_id"),
    Index(None, "product_id", "at"),
    comment="Symbol, exchange and trading class as asked; null did not narrow the choice.",
)

raw_replies = Table(
    "raw_replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("sync_runs.id"), nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("received_at", UtcColumnType, nullable=False),
    Column("server_version", Integer, nullable=False),
    Column("client_version", String(64), nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("frames", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("base_id", ForeignKey("raw_replies.id")),
    Column("symbol", Text),
    Column("exchange", Text),
    Column("include_expired", Boolean),
    Column("answer_count", Integer, nullable=False, server_default="0"),
    Column("gone", ListColumnType, nullable=False, server_default="[]"),
    Index(None, "product_id"),
    Index("ix_raw_replies_symbol", "symbol", sqlite_where=text("base_id IS NULL")),
    Index(None, "base_id"),
    comment="frames: zlib over (4-byte big-endian length, payload) each; sha256 before zlib."
    " With a base_id: differences from the frames of that reply. The last answer_count frames"
    " answer questions about single contracts, gone has those that were unknown.",
)


@event.listens_for(raw_replies, "before_create")
def _narrow_index(table: Table, connection: Connection, **_: object) -> None:
    """Narrow the index in PostgreSQL too: said above, that would load its dialect everywhere."""
    if connection.dialect.name != "postgresql":
        return
    for index in table.indexes:
        where = index.dialect_options["sqlite"]["where"]
        index.dialect_options["postgresql"]["where"] = where


refused_replies = Table(
    "refused_replies",
    metadata,
    Column("outcome_id", ForeignKey("run_products.id"), primary_key=True, autoincrement=False),
    Column("received_at", UtcColumnType, nullable=False),
    Column("server_version", Integer, nullable=False),
    Column("client_version", String(64), nullable=False),
    Column("symbol", Text),
    Column("exchange", Text),
    Column("include_expired", Boolean, nullable=False),
    Column("answer_count", Integer, nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("frames", LargeBinary, nullable=False),
    comment="Complete replies that could not be used, and are evidence of nothing; frames as those"
    " of raw_replies without a base_id.",
)

former_names = Table(
    "former_names",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("trading_class", Text, nullable=False),
    Column("until", UtcColumnType, nullable=False),
    Index(None, "symbol"),
    Index(None, "product_id"),
    comment="What a product was called before IBKR renamed it; until is when that was noticed.",
)

hours_days = Table(
    "hours_days",
    metadata,
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("seen_at", UtcColumnType, primary_key=True),
    Column("trading_hours", Text),
    Column("liquid_hours", Text),
    Column("time_zone_id", Text),
    Column("trading_sessions", EntryListColumnType),
    Column("liquid_sessions", EntryListColumnType),
    Column("time_zone", Text),
    comment="Append-only: hours of a day, null if not told; the row seen last applies."
    " The first rows have them as sent, with time_zone_id.",
)

watchlist = Table(
    "watchlist",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("symbol", Text, nullable=False),
    Column("exchange", Text),
    Column("trading_class", Text),
    Column("currency", Text),
    Column("watch_group", Text),
    Column("added_at", UtcColumnType, nullable=False),
    Index(None, "watch_group"),
    comment="What the nightly refresh asks for; null does not narrow the choice.",
)

pins = Table(
    "pins",
    metadata,
    Column("word", Text, primary_key=True),
    Column("symbol", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("trading_class", Text),
    Column("pinned_at", UtcColumnType, nullable=False),
    Column("multiplier", DecimalColumnType),
    comment="What a word that several products share is to mean; the products may be unknown.",
)

alembic_version = Table(
    "alembic_version",
    MetaData(),  # Alembic's own table, which it keeps out of what it compares
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
