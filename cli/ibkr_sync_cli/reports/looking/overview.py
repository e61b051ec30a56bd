"""All that is stored on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync_cli.messages.next_steps import step_to_get_first
from ibkr_sync_cli.page.overview_page import overview_page
from ibkr_sync_cli.terminal.notices import write_nothing_notice, write_sample_data_notice

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.invocation import Call

_WITHIN: Final = DaysBefore(count=90)
"""A quarter: the next expiry of what has four a year is in it."""


def report_overview(
    call: Call,
    services: Services[Future],
    page: Path | None,
    now: datetime,
    *,
    since: datetime,
    max_age: timedelta,
) -> None:
    """Write the page into a file, or to stdout if `page` is None.

    That it is sample data, or that nothing is stored, is said on stderr too.
    """
    output = call.output
    overview = services.overview.overview(now, since=since, within=_WITHIN, max_age=max_age)
    output.file = page
    output.write_text(overview_page(overview, output.command))
    if not overview.products:
        write_nothing_notice(output, "is stored yet", step_to_get_first(output.command))
    elif overview.is_sample:
        write_sample_data_notice(output, None)
