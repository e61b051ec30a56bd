"""Let people ask in SQL, and find by an index what is looked for among all that ever was.

The views are made by every upgrade when its migrations are done.
"""

from __future__ import annotations

from alembic import op

revision = "ibkr_sync_0005"
down_revision = "ibkr_sync_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is looked for in every contract, product and outcome to the indices."""
    op.create_index("ix_contracts_trading_class", "contracts", ["trading_class"])
    op.create_index("ix_products_trading_class", "products", ["trading_class"])
    op.create_index("ix_run_products_product_id_at", "run_products", ["product_id", "at"])
