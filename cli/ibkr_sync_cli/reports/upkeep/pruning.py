"""What of the raw replies was deleted, with what went wrong on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync_cli.views.database.pruning import pruning_sentence, pruning_view

if TYPE_CHECKING:
    from ibkr_sync.application.services.kept_replies.raw_replies import RawReplyPruning
    from ibkr_sync_cli.invocation import Call


def report_pruning(call: Call, pruning: RawReplyPruning) -> None:
    """Show what was deleted, or would be."""
    if pruning.not_compacted is not None:
        call.output.remark(f"warning: not compacted: {pruning.not_compacted}", style="yellow")
    call.output.write(pruning_view(pruning), call.wanted)
    call.output.remark(pruning_sentence(pruning))
