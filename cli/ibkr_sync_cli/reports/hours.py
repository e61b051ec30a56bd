"""When a product trades, with what is doubtful about it on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.views.hours.product_hours import ProductDay, ProductHours


def report_hours_of_day(call: Call, product_day: ProductDay) -> None:
    """Show one day."""
    from ibkr_sync_cli.views.hours.hours_of_day import hours_of_day_view

    call.output.write(hours_of_day_view(product_day), call.wanted)
    if product_day.hours.may_lack_earlier_sessions:
        note = f"note: what began the day before {product_day.hours.day} is not known"
        call.output.remark(note, style="yellow")


def report_coming_hours(call: Call, product_hours: ProductHours) -> None:
    """Show the next days."""
    from ibkr_sync_cli.views.hours.coming_hours import coming_hours_view

    call.output.write(coming_hours_view(product_hours), call.wanted)
    problem = product_hours.hours.problem
    if problem is not None:
        call.output.remark(f"warning: {problem}; shown as sent", style="yellow")
