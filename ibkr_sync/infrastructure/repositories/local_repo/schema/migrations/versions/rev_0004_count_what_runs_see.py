"""Count what runs see of contracts: those that moved, were replaced, or expired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ibkr_sync_0004"
down_revision = "ibkr_sync_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the counts; what was not recorded stays null."""
    for name in ("moved", "replaced", "expired"):
        op.add_column("run_products", sa.Column(name, sa.Integer()))
