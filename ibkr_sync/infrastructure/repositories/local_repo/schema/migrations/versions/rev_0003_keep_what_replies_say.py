"""Keep what replies say and leave out: one step to the evidence of whole replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0003"
down_revision = "ibkr_sync_0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what an observation knows beside its contracts."""
    with op.batch_alter_table("contracts") as contracts:
        contracts.add_column(sa.Column("settlement_method", sa.Text()))
        contracts.alter_column("last_seen_at", existing_type=INSTANT, nullable=True)
    op.add_column("run_products", sa.Column("given_at", INSTANT))
    if op.get_bind().dialect.supports_comments:
        comment = "A null last_seen_at: seen when its product was last synced."
        op.create_table_comment("contracts", comment)
