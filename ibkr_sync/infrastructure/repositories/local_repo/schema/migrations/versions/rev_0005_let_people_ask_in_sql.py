"""Let people ask in SQL, find by an index what is looked for, and keep replies that are refused.

The views are made by every upgrade when its migrations are done. Besides, products have a digest by
which a reply is recognised that says nothing new.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0005"
down_revision = "ibkr_sync_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is looked for in every contract, product and outcome to the indices."""
    op.add_column("products", sa.Column("reply_digest", sa.Text()))
    op.create_index("ix_contracts_trading_class", "contracts", ["trading_class"])
    op.create_index("ix_products_trading_class", "products", ["trading_class"])
    op.create_index("ix_run_products_product_id_at", "run_products", ["product_id", "at"])
    _create_refused_replies()


def _create_refused_replies() -> None:
    outcome = sa.ForeignKeyConstraint(
        ["outcome_id"],
        ["run_products.id"],
        name=op.f("fk_refused_replies_outcome_id_run_products"),
    )
    op.create_table(
        "refused_replies",
        sa.Column("outcome_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server_version", sa.Integer(), nullable=False),
        sa.Column("client_version", sa.String(64), nullable=False),
        sa.Column("symbol", sa.Text()),
        sa.Column("exchange", sa.Text()),
        sa.Column("include_expired", sa.Boolean(), nullable=False),
        sa.Column("answer_count", sa.Integer(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("frames", sa.LargeBinary(), nullable=False),
        outcome,
        sa.PrimaryKeyConstraint("outcome_id", name=op.f("pk_refused_replies")),
        comment="Complete replies that could not be used, and are evidence of nothing; frames as"
        " those of raw_replies without a base_id.",
    )
