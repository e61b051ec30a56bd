"""`rolls`: when a position moves to the next contract."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.delivery.nearest_contract import NearestRule
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.arguments import nearest_rule, options
from ibkr_sync_cli.invocation import call_of, now

_USUAL_RULE: Final = "cutoff-1bd"
_USUAL_YEARS: Final = 2


def rolls(
    context: typer.Context,
    symbol: Annotated[str, typer.Argument(help="A product, as GC or GC@COMEX.", metavar="SYMBOL")],
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            help="When: notice-3bd, last-trade-5bd, cutoff-1bd, so many days or business days (bd)"
            " before that date, or day-15, the last business day on or before that day.",
            metavar="RULE",
        ),
    ] = _USUAL_RULE,
    side: nearest_rule.Side = PositionSide.LONG,
    months: nearest_rule.Months = None,
    years: Annotated[
        int, typer.Option("--years", help="How many years back and ahead.", min=1, max=20)
    ] = _USUAL_YEARS,
) -> None:
    """Show when a position moves from contract to contract, and why, from the database alone.

    Past ones rest on what was stored by then (history), or only later (hindsight).
    """
    from ibkr_sync_cli.arguments.symbols import query_of_product, stored_product
    from ibkr_sync_cli.terminal.notices import write_sample_data_notice
    from ibkr_sync_cli.views.products.rolls import rolls_note, rolls_view

    parsed = nearest_rule.parse_roll(rule, side)
    call, moment = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    asked = ("rolls", *_typed_options(rule, NearestRule(side=side, months=months), years))
    with call.reading() as services:
        query = query_of_product(call.output, services.futures, symbol, limits, asked)
        product = stored_product(call.output, services.futures, query)
        found = services.deliveries.rolls(product, parsed, moment, months=months, years=years)
    call.output.write(rolls_view(product, found, parsed, rule), call.wanted)
    if (note := rolls_note(found, rule)) is not None:
        call.output.note(note)
    if product.origin is Origin.SAMPLE:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))


def _typed_options(rule: str, nearest: NearestRule, years: int) -> tuple[str, ...]:
    """The options as they are typed; none of those that say what is usual."""
    return (
        *(("--rule", rule) if rule != _USUAL_RULE else ()),
        *nearest_rule.typed_rule(nearest),
        *(("--years", str(years)) if years != _USUAL_YEARS else ()),
    )
