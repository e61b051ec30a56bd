"""The columns by which views name a product, whose table they call `p`."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import ViewColumn, ViewType

_PRODUCT = "p.symbol || '@' || p.exchange || ' (' || p.trading_class || ')'"
PRODUCT_IDENTITY = (
    ViewColumn("product_id", ViewType.INTEGER, "p.id", "What joins the views."),
    ViewColumn("product", ViewType.TEXT, _PRODUCT, "The product as commands print and take it."),
)
