"""Keep former names, hours by day and the watchlist, and say what a run was for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0002"
down_revision = "ibkr_sync_0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create three tables and add three columns."""
    with op.batch_alter_table("sync_runs") as runs:
        runs.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="get"))
        runs.add_column(sa.Column("error", sa.Text()))
        runs.add_column(sa.Column("message", sa.Text()))
    if op.get_bind().dialect.supports_comments:
        message = "Error and message tell what ended a run before its time."
        op.create_table_comment("sync_runs", message)
    op.create_table(
        "former_names",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("trading_class", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_former_names_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_names")),
        comment="What a product was called before IBKR renamed it; until is when that was noticed.",
    )
    op.create_index(op.f("ix_former_names_symbol"), "former_names", ["symbol"])
    op.create_index(op.f("ix_former_names_product_id"), "former_names", ["product_id"])
    op.create_table(
        "hours_days",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("trading_hours", sa.Text()),
        sa.Column("liquid_hours", sa.Text()),
        sa.Column("time_zone_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_hours_days_product_id_products")
        ),
        sa.PrimaryKeyConstraint("product_id", "day", "seen_at", name=op.f("pk_hours_days")),
        comment="Append-only: hours of a day as sent, null if not told; the row seen last applies.",
    )
    op.create_table(
        "watchlist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text()),
        sa.Column("trading_class", sa.Text()),
        sa.Column("currency", sa.Text()),
        sa.Column("watch_group", sa.Text()),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist")),
        comment="What the nightly refresh asks for; null does not narrow the choice.",
    )
    op.create_index(op.f("ix_watchlist_watch_group"), "watchlist", ["watch_group"])
