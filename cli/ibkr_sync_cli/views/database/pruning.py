"""What of the raw replies was deleted, or would be."""

from __future__ import annotations

from ibkr_sync.application.services.kept_replies.raw_replies import RawReplyPruning
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.quantities import quantity_of, size_quantity
from ibkr_sync_cli.views.database.facts import facts_view


def pruning_view(pruning: RawReplyPruning) -> Result:
    """The pruning in every format."""
    replies, sizes = pruning.replies, pruning.sizes
    facts: dict[str, str | int | bool | None] = {
        "received_before": instant_value(pruning.before),
        "deleted": sizes is not None,
        "raw_replies": replies.replies,
        "products": replies.products,
        "bytes": replies.size,
        "oldest": instant_value(replies.oldest),
        "database_bytes_before": sizes[0] if sizes else None,
        "database_bytes_after": sizes[1] if sizes else None,
    }
    of_products = quantity_of(replies.products, "product")
    shown = {
        "received before": instant_text(pruning.before),
        "raw replies": f"{replies.replies}, of {of_products}" if replies.replies else "0",
        "size": size_quantity(replies.size),
        "oldest": instant_text(replies.oldest) if replies.oldest else "-",
    }
    if sizes:
        shown["database"] = " → ".join(map(size_quantity, sizes))
    return facts_view("ibkr-sync/prune/1", facts, shown)


def pruning_sentence(pruning: RawReplyPruning) -> str:
    """What was deleted, would be, or why nothing is."""
    count = pruning.replies.replies
    if not count:
        return (
            f"nothing to delete: before {instant_text(pruning.before)} only the newest raw"
            " replies of products were received, if any, and those are kept"
        )
    replies = quantity_of(count, "raw reply", "raw replies")
    return f"{replies} deleted" if pruning.sizes else f"{replies} would be deleted"
