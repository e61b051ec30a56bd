"""Let people ask in SQL, and find by an index what is looked for among all that ever was.

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
