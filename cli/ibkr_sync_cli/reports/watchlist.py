"""The watchlist and what was put on it, with notes about both on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync_cli.terminal.notices import (
    closed_since,
    write_closed_notice,
    write_nothing_notice,
    write_notices,
    write_sample_data_notice,
)
from ibkr_sync_cli.views.watchlist import (
    watchlist_changes_view,
    watchlist_has_sample_data,
    watchlist_view,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibkr_sync.application.services.watching.watchlist import (
        WatchlistAddition,
        WatchlistMatch,
        WatchlistState,
    )
    from ibkr_sync.domain.ports.watchlist import WatchedProduct
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


def remark_watchlist_symbol(output: Output, found: WatchlistMatch) -> None:
    """Say how a symbol was taken."""
    write_notices(output, found.found.notices)
    if found.found.contract is not None:
        output.note(f"{found.found.contract.text} is a contract; {found.product} is watched")


def report_watchlist_addition(call: Call, added: WatchlistAddition) -> None:
    """Show what was named and what of it is new; say what nobody knows."""
    call.output.write(watchlist_changes_view(added.products, added.new, "added"), call.wanted)
    write_closed_notice(call.output, closed_since(added.closed))
    _report_unknown(call.output, added.unknown)


def _report_unknown(output: Output, unknown: Sequence[WatchedProduct]) -> None:
    """Warn of what every refresh fails at unless IBKR knows it."""
    for product in unknown:
        sentence = f"{product} is in neither catalogue nor database; it is asked for as typed"
        output.remark(f"warning: {sentence}", style="yellow")
    if unknown and not output.quiet:
        output.advise(
            f"To look for another name: {output.command('catalogue')}\n"
            f"       to take it off: {output.command('watchlist', 'remove', *map(str, unknown))}"
        )


def report_watchlist(call: Call, states: Sequence[WatchlistState], now: datetime) -> None:
    """Show the list, and what an empty one means."""
    output = call.output
    output.write(watchlist_view(states, now), call.wanted)
    if watchlist_has_sample_data(states):
        write_sample_data_notice(output, output.format_for(call.wanted))
    if not states:
        command = output.command("watchlist", "add", "ES")
        write_nothing_notice(output, "is watched: all that is stored is kept up to date", command)
