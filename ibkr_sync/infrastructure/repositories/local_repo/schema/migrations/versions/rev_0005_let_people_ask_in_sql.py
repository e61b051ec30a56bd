"""Let people ask in SQL: the views, which every upgrade makes when its migrations are done."""

from __future__ import annotations

revision = "ibkr_sync_0005"
down_revision = "ibkr_sync_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change no table."""
