"""Create the schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    """Create every table; written out, so that it stays what it was."""
    op.create_table(
        "market_rules",
        sa.Column("market_rule_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("market_rule_id", name=op.f("pk_market_rules")),
        comment="The ladder that applies is the one whose seen_at is changed_at.",
    )
    op.create_table(
        "pins",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("trading_class", sa.Text()),
        sa.Column("pinned_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_pins")),
        comment="What a word that several products share is to mean; the products may be unknown.",
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("trading_class", sa.Text(), nullable=False),
        sa.Column("asset_class", sa.String(32), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("underlying_symbol", sa.Text()),
        sa.Column("underlying_sec_type", sa.Text()),
        sa.Column("underlying_con_id", sa.BigInteger()),
        sa.Column("multiplier", EXACT),
        sa.Column("price_magnifier", sa.BigInteger()),
        sa.Column("min_tick", EXACT),
        sa.Column("time_zone", sa.Text()),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("synced_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint(
            "symbol",
            "exchange",
            "trading_class",
            name=op.f("uq_products_symbol_exchange_trading_class"),
        ),
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    op.create_table(
        "contracts",
        sa.Column("con_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("trading_class", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("local_symbol", sa.Text(), nullable=False),
        sa.Column("last_trade_date", sa.Date(), nullable=False),
        sa.Column("last_trade_at", INSTANT),
        sa.Column("last_trade_text", sa.Text()),
        sa.Column("contract_month", sa.String(7)),
        sa.Column("real_expiration_date", sa.Date()),
        sa.Column("series", sa.String(32), nullable=False),
        sa.Column("multiplier", EXACT),
        sa.Column("min_tick", EXACT),
        sa.Column("price_magnifier", sa.BigInteger()),
        sa.Column("market_name", sa.Text()),
        sa.Column("long_name", sa.Text()),
        sa.Column("underlying_con_id", sa.BigInteger()),
        sa.Column("underlying_symbol", sa.Text()),
        sa.Column("underlying_sec_type", sa.Text()),
        sa.Column("industry", sa.Text()),
        sa.Column("category", sa.Text()),
        sa.Column("subcategory", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.Column("venues", sa.Text(), nullable=False),
        sa.Column("order_types", sa.Text(), nullable=False),
        sa.Column("security_ids", sa.Text(), nullable=False),
        sa.Column("economic_value_rule", sa.Text()),
        sa.Column("economic_value_multiplier", EXACT),
        sa.Column("aggregated_group", sa.BigInteger()),
        sa.Column("min_size", EXACT),
        sa.Column("size_increment", EXACT),
        sa.Column("suggested_size_increment", EXACT),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("missing_since", INSTANT),
        sa.Column("delisted_at", INSTANT),
        sa.CheckConstraint("con_id > 0", name=op.f("ck_contracts_con_id_is_positive")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_contracts_product_id_products")
        ),
        sa.PrimaryKeyConstraint("con_id", name=op.f("pk_contracts")),
    )
    op.create_index(op.f("ix_contracts_last_trade_date"), "contracts", ["last_trade_date"])
    op.create_index(op.f("ix_contracts_local_symbol"), "contracts", ["local_symbol"])
    op.create_index(
        op.f("ix_contracts_product_id_last_trade_date"),
        "contracts",
        ["product_id", "last_trade_date"],
    )
    op.create_table(
        "market_rule_increments",
        sa.Column("market_rule_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("low_edge", EXACT, nullable=False),
        sa.Column("increment", EXACT, nullable=False),
        sa.ForeignKeyConstraint(
            ["market_rule_id"],
            ["market_rules.market_rule_id"],
            name=op.f("fk_market_rule_increments_market_rule_id_market_rules"),
        ),
        sa.PrimaryKeyConstraint(
            "market_rule_id", "seen_at", "position", name=op.f("pk_market_rule_increments")
        ),
        comment="Append-only: a changed ladder is a new set of rows.",
    )
    op.create_table(
        "raw_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("server_version", sa.Integer(), nullable=False),
        sa.Column("client_version", sa.String(64), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("frames", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_raw_replies_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_raw_replies_run_id_sync_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_replies")),
        comment="frames: zlib over (4-byte big-endian length, payload) each; sha256 before zlib.",
    )
    op.create_index(
        op.f("ix_raw_replies_product_id_received_at"), "raw_replies", ["product_id", "received_at"]
    )
    op.create_index(op.f("ix_raw_replies_run_id"), "raw_replies", ["run_id"])
    op.create_table(
        "run_products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text()),
        sa.Column("trading_class", sa.Text()),
        sa.Column("product_id", sa.Integer()),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("delisted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_run_products_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_run_products_run_id_sync_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_products")),
        comment="Symbol, exchange and trading class as asked; null did not narrow the choice.",
    )
    op.create_index(op.f("ix_run_products_product_id_at"), "run_products", ["product_id", "at"])
    op.create_index(op.f("ix_run_products_run_id"), "run_products", ["run_id"])
    op.create_table(
        "contract_schedules",
        sa.Column("con_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trading_hours", sa.Text(), nullable=False),
        sa.Column("liquid_hours", sa.Text(), nullable=False),
        sa.Column("time_zone_id", sa.Text(), nullable=False),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["con_id"], ["contracts.con_id"], name=op.f("fk_contract_schedules_con_id_contracts")
        ),
        sa.PrimaryKeyConstraint("con_id", name=op.f("pk_contract_schedules")),
        comment="Hours as sent; observed_at is when this window was first seen.",
    )
    op.create_table(
        "field_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("con_id", sa.BigInteger()),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text()),
        sa.Column("new", sa.Text()),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["con_id"], ["contracts.con_id"], name=op.f("fk_field_changes_con_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_field_changes_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_field_changes_run_id_sync_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_changes")),
        comment="Append-only. A null con_id is the product's own field.",
    )
    op.create_index(op.f("ix_field_changes_con_id_seen_at"), "field_changes", ["con_id", "seen_at"])
    op.create_index(
        op.f("ix_field_changes_product_id_seen_at"), "field_changes", ["product_id", "seen_at"]
    )
    op.create_index(op.f("ix_field_changes_seen_at"), "field_changes", ["seen_at"])
