"""The watchlist and what was put on it, with notes about both on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync_cli.terminal.notices import tell_notices, tell_sample_data
from ibkr_sync_cli.views.watchlist import changes_result, tells_of_sample_data, watchlist_result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibkr_sync.application.services.watchlist import Added, Meant, WatchedState
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


def remark_found(output: Output, found: Meant) -> None:
    """Say how a symbol was taken."""
    tell_notices(output, found.found.notices)
    if found.found.contract is not None:
        note = f"note: {found.found.contract.text} is a contract; {found.product} is watched"
        output.remark(note, style="yellow")


def report_added(call: Call, added: Added) -> None:
    """Show what was named and what of it is new; say what nobody knows."""
    call.output.write(changes_result(added.products, added.new, "added"), call.wanted)
    for product in added.unknown:
        call.output.remark(
            f"note: {product} is in neither catalogue nor database; it will be asked for as typed",
            style="yellow",
        )


def report_watchlist(call: Call, states: Sequence[WatchedState], now: datetime) -> None:
    """Show the list, and what an empty one means."""
    output = call.output
    output.write(watchlist_result(states, now), call.wanted)
    if tells_of_sample_data(states):
        tell_sample_data(output, output.format_for(call.wanted))
    if not states:
        command = output.command("watchlist", "add", "ES")
        output.remark(
            f"The watchlist is empty: all that is stored is kept up to date.\nnext:  {command}"
        )
