"""When products trade, with what is doubtful about it on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.hours.product_hours import product_hours
from ibkr_sync_cli.arguments.symbols import product_of_symbol
from ibkr_sync_cli.units.clocks import Clock
from ibkr_sync_cli.views.hours.coming_hours import coming_hours_view
from ibkr_sync_cli.views.hours.hours_of_day import hours_of_day_view
from ibkr_sync_cli.views.hours.product_hours import ProductDay, ProductHours

if TYPE_CHECKING:
    from datetime import date, datetime

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync_cli.terminal.output import Output, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursQuestion:
    """What is asked of each product: the hours of one day, else of some days from today on."""

    limits: Limits
    kind: HoursKind
    clock: Clock
    days: int
    on: date | None = None


def hours_view(
    output: Output, services: Services[Future], question: HoursQuestion, now: datetime, symbol: str
) -> Result:
    """The hours of what a symbol means, in every format; raises ProductLookupError."""
    product = product_of_symbol(output, services.futures, symbol, question.limits, now)
    if question.on is None:
        known = product_hours(product, now, question.kind)
        coming = ProductHours(
            future=product, hours=known, now=now, days=question.days, clock=question.clock
        )
        if coming.hours.problem is not None:
            warning = f"warning: {product.key}: {coming.hours.problem}; shown as sent"
            output.remark(warning, style="yellow")
        return coming_hours_view(coming)
    hours = services.past_hours.on(product, question.on, question.kind, now)
    if hours.may_lack_earlier_sessions:
        output.note(f"what began the day before {hours.day} is not known of {product.key}")
    return hours_of_day_view(ProductDay(future=product, hours=hours, now=now, clock=question.clock))
