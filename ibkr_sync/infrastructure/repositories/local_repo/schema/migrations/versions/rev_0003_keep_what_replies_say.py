"""Keep what replies say and leave out: one step to the evidence of whole replies."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0003"
down_revision = "ibkr_sync_0002"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what an observation knows beside its contracts."""
    with op.batch_alter_table("contracts") as contracts:
        contracts.add_column(sa.Column("settlement_method", sa.Text()))
        contracts.add_column(sa.Column("remarks", sa.Text(), nullable=False, server_default="[]"))
        contracts.add_column(sa.Column("ends_at", INSTANT))
        contracts.add_column(sa.Column("hold_until_long", sa.Date()))
        contracts.add_column(sa.Column("hold_until_short", sa.Date()))
        contracts.alter_column("last_seen_at", existing_type=INSTANT, nullable=True)
    remarks = sa.Column("remarks", sa.Text(), nullable=False, server_default="[]")
    op.add_column("products", remarks)
    op.add_column("products", sa.Column("absent_since", INSTANT))
    op.add_column("products", sa.Column("closed_at", INSTANT))
    op.add_column("pins", sa.Column("multiplier", EXACT))
    op.add_column("run_products", sa.Column("given_at", INSTANT))
    with op.batch_alter_table("raw_replies") as replies:
        replies.add_column(sa.Column("base_id", sa.Integer()))
        replies.add_column(sa.Column("symbol", sa.Text()))
        replies.add_column(sa.Column("exchange", sa.Text()))
        replies.add_column(sa.Column("include_expired", sa.Boolean()))
        replies.add_column(
            sa.Column("answer_count", sa.Integer(), nullable=False, server_default="0")
        )
        replies.add_column(sa.Column("gone", sa.Text(), nullable=False, server_default="[]"))
        replies.create_foreign_key(
            op.f("fk_raw_replies_base_id_raw_replies"), "raw_replies", ["base_id"], ["id"]
        )
    _make_indices_that_grow_less()
    if op.get_bind().dialect.supports_comments:
        comment = "A null last_seen_at: seen when its product was last synced."
        op.create_table_comment("contracts", comment)
        comment = (
            "frames: zlib over (4-byte big-endian length, payload) each; sha256 before zlib."
            " With a base_id: differences from the frames of that reply. The last answer_count"
            " frames answer questions about single contracts, gone has those that were unknown."
        )
        op.create_table_comment("raw_replies", comment)
    _create_deliveries()
    _keep_schedules_once()
    _keep_days_read()


def _make_indices_that_grow_less() -> None:
    """Index what a night adds by numbers alone, which follow each other as instants do."""
    op.drop_index("ix_raw_replies_product_id_received_at", "raw_replies")
    op.drop_index("ix_raw_replies_run_id", "raw_replies")
    op.create_index(op.f("ix_raw_replies_product_id"), "raw_replies", ["product_id"])
    is_base = sa.text("base_id IS NULL")
    op.create_index(
        op.f("ix_raw_replies_symbol"),
        "raw_replies",
        ["symbol"],
        sqlite_where=is_base,
        postgresql_where=is_base,
    )
    op.create_index(op.f("ix_raw_replies_base_id"), "raw_replies", ["base_id"])
    op.drop_index("ix_run_products_product_id_at", "run_products")
    op.create_index(op.f("ix_run_products_product_id"), "run_products", ["product_id"])


def _create_deliveries() -> None:
    op.create_table(
        "contract_deliveries",
        sa.Column("con_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement", sa.String(32)),
        sa.Column("first_position_date", sa.Date()),
        sa.Column("first_notice_date", sa.Date()),
        sa.Column("first_delivery_date", sa.Date()),
        sa.Column("last_delivery_date", sa.Date()),
        sa.Column("long_cutoff", sa.Date()),
        sa.Column("short_cutoff", sa.Date()),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["con_id"],
            ["contracts.con_id"],
            name=op.f("fk_contract_deliveries_con_id_contracts"),
        ),
        sa.PrimaryKeyConstraint("con_id", name=op.f("pk_contract_deliveries")),
        comment="sources: JSON, of each known fact who says it, with what confidence, learnt when.",
    )
    for name in ("first_notice_date", "long_cutoff"):
        op.create_index(op.f(f"ix_contract_deliveries_{name}"), "contract_deliveries", [name])
    op.create_table(
        "delivery_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("con_id", sa.BigInteger()),
        sa.Column("exchange", sa.Text()),
        sa.Column("trading_class", sa.Text()),
        sa.Column("contract_month", sa.String(7)),
        sa.Column("last_trade_date", sa.Date()),
        sa.Column("first_position_date", sa.Date()),
        sa.Column("first_notice_date", sa.Date()),
        sa.Column("first_delivery_date", sa.Date()),
        sa.Column("last_delivery_date", sa.Date()),
        sa.Column("long_cutoff", sa.Date()),
        sa.Column("short_cutoff", sa.Date()),
        sa.Column("learnt_on", sa.Date(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_delivery_imports_run_id_sync_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_imports")),
        comment="Append-only: of one origin and contract the newest learnt_on applies.",
    )
    op.create_index(op.f("ix_delivery_imports_con_id"), "delivery_imports", ["con_id"])
    op.create_index(
        op.f("ix_delivery_imports_exchange_trading_class"),
        "delivery_imports",
        ["exchange", "trading_class"],
    )


def _keep_schedules_once() -> None:
    """Move the hours of contracts to a table of their own, each text once."""
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("trading_hours", sa.Text(), nullable=False),
        sa.Column("liquid_hours", sa.Text(), nullable=False),
        sa.Column("time_zone_id", sa.Text(), nullable=False),
        sa.Column("trading_sessions", sa.Text()),
        sa.Column("liquid_sessions", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("digest", name=op.f("uq_schedules_digest")),
        comment="Hours as sent, and read: UTC sessions and closed days; null where nobody has yet.",
    )
    with op.batch_alter_table("products") as products:
        products.add_column(sa.Column("schedule_id", sa.Integer()))
        products.create_foreign_key(
            op.f("fk_products_schedule_id_schedules"), "schedules", ["schedule_id"], ["id"]
        )
    op.create_index(op.f("ix_products_schedule_id"), "products", ["schedule_id"])
    op.rename_table("contract_schedules", "former_schedules")
    if op.get_bind().dialect.name == "postgresql":  # where a name is one of the whole schema
        old, new = "contract_schedules", "former_schedules"
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
        op.execute(
            f"ALTER TABLE {new} RENAME CONSTRAINT fk_{old}_con_id_contracts"
            f" TO fk_{new}_con_id_contracts"
        )
    op.create_table(
        "contract_schedules",
        sa.Column("con_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("schedule_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["con_id"], ["contracts.con_id"], name=op.f("fk_contract_schedules_con_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_contract_schedules_schedule_id_schedules"),
        ),
        sa.PrimaryKeyConstraint("con_id", name=op.f("pk_contract_schedules")),
        comment="Contracts whose hours are not their product's; null: none are known.",
    )
    op.create_index(
        op.f("ix_contract_schedules_schedule_id"), "contract_schedules", ["schedule_id"]
    )
    _move_schedules()
    op.drop_table("former_schedules")


def _move_schedules() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT c.product_id, c.con_id, s.trading_hours, s.liquid_hours, s.time_zone_id"
            " FROM contracts c LEFT JOIN former_schedules s ON s.con_id = c.con_id"
            " ORDER BY c.product_id, c.con_id"
        )
    )
    ids: dict[tuple[str, ...] | None, int | None] = {None: None}
    chains: defaultdict[int, dict[int, int | None]] = defaultdict(dict)
    for product_id, con_id, *texts in found:
        key = None if texts[2] is None else tuple(texts)
        chains[product_id][con_id] = ids.setdefault(key, len(ids))
    rows = [
        {
            "id": schedule_id,
            "digest": hashlib.sha256(json.dumps([*texts, None, None]).encode()).hexdigest(),
            **dict(zip(("trading_hours", "liquid_hours", "time_zone_id"), texts, strict=True)),
        }
        for texts, schedule_id in ids.items()
        if texts is not None
    ]
    schedules = sa.table(
        "schedules",
        *map(sa.column, ("id", "digest", "trading_hours", "liquid_hours", "time_zone_id")),
    )
    if rows:
        connection.execute(sa.insert(schedules), rows)
        if connection.dialect.name == "postgresql":
            op.execute(
                "SELECT setval(pg_get_serial_sequence('schedules', 'id'), max(id)) FROM schedules"
            )
    for product_id, chain in chains.items():
        counts = Counter(number for number in chain.values() if number is not None)
        usual = min(counts, key=lambda item: (-counts[item], item), default=None)
        connection.execute(
            sa.text("UPDATE products SET schedule_id = :usual WHERE id = :id"),
            {"usual": usual, "id": product_id},
        )
        others = [
            {"con_id": con_id, "schedule_id": value}
            for con_id, value in chain.items()
            if value != usual
        ]
        if others:
            exceptions = sa.table(
                "contract_schedules", sa.column("con_id"), sa.column("schedule_id")
            )
            connection.execute(sa.insert(exceptions), others)


def _keep_days_read() -> None:
    """Let hours by day be kept as they were read; those kept before stay as sent."""
    with op.batch_alter_table("hours_days") as days:
        days.alter_column("time_zone_id", existing_type=sa.Text(), nullable=True)
        for name in ("trading_sessions", "liquid_sessions", "time_zone"):
            days.add_column(sa.Column(name, sa.Text()))
    if op.get_bind().dialect.supports_comments:
        op.create_table_comment(
            "hours_days",
            "Append-only: hours of a day, null if not told; the row seen last applies."
            " The first rows have them as sent, with time_zone_id.",
        )
