"""Keep what replies say and leave out: one step to the evidence of whole replies."""

from __future__ import annotations

revision = "ibkr_sync_0003"
down_revision = "ibkr_sync_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what an observation knows beside its contracts."""
