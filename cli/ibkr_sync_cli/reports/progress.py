"""What is seen of a call that brings products up to date while it is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ibkr_sync_cli.terminal.notices import write_notices

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibkr_sync.application.services.product_sync import ProductSync
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.terminal.output import Output

Kept = TypeVar("Kept")


def sync_with_progress(
    output: Output, verb: str, sync: ProductSync[Kept], report: Callable[[], ExitCode]
) -> ExitCode:
    """Bring each product up to date and report; raises what ends the run, after the report."""
    write_notices(output, sync.notices)
    try:
        with output.progress(verb, len(sync.products)) as advance:
            for outcome in sync:
                advance(outcome.query.symbol)
    finally:  # what ends the run leaves what was stored before it
        code = report()
    return code
