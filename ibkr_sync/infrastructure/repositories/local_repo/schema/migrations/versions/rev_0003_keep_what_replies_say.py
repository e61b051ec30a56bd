"""Keep what replies say and leave out: one step to the evidence of whole replies."""

from __future__ import annotations

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
        contracts.add_column(sa.Column("ends_at", INSTANT))
        contracts.add_column(sa.Column("hold_until_long", sa.Date()))
        contracts.add_column(sa.Column("hold_until_short", sa.Date()))
        contracts.alter_column("last_seen_at", existing_type=INSTANT, nullable=True)
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
    op.create_index(op.f("ix_raw_replies_symbol"), "raw_replies", ["symbol"])
    op.create_index(op.f("ix_raw_replies_base_id"), "raw_replies", ["base_id"])
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
