"""What is seen of a call while it is at work: one line on a terminal, from its first second on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync_cli.terminal.notices import write_notices

if TYPE_CHECKING:
    from ibkr_sync.application.services.product_sync import ProductSync
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.terminal.output import Output

SyncT = TypeVar("SyncT", bound="ProductSync[Any]")


def sync_with_progress(
    output: Output,
    verb: str,
    begin: Callable[[], SyncT],
    report: Callable[[SyncT], ExitCode],
) -> ExitCode:
    """Bring each product up to date and report; raises what ends the run, after the report."""
    with activity(output, "Looking up names"):
        sync = begin()
    write_notices(output, sync.notices)
    total, failed = len(sync.products), 0
    try:
        with activity(output, "Connecting") as show:
            for done, outcome in enumerate(sync, start=1):
                failed += isinstance(outcome, FutureFailure)
                failures = f", {failed} failed" if failed else ""
                show(f"{verb} {done}/{total}{failures}: {outcome.query.symbol}", done, total)
    finally:  # what ends the run leaves what was stored before it
        code = report(sync)
    return code


@contextmanager
def activity(output: Output, what: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show what is being done, and give a function to show how far it is: a text, so many of all.

    How many all are may be None. The line goes when it is done. Nothing is shown where there is no
    terminal with colours.
    """
    console = output.live_console()
    if console is None:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn("line"), text, BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as line:
        task = line.add_task(what, total=None)
        yield lambda text, done, total: line.update(
            task, description=text, completed=done, total=total
        )


@contextmanager
def counting_rows(output: Output, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show what is being done, and give a function to show how far it is: so many rows of all."""
    with activity(output, what) as show:
        yield lambda done, total: show(f"{what}: {done}/{total} rows", done, total)
