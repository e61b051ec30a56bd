"""Until when a contract is to be held, as people type it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ibkr_sync.domain.delivery import days_before
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, PositionSide
from ibkr_sync.domain.naming.spellings import MONTH_CODES
from ibkr_sync.domain.selection.delivery_months import parse_delivery_months
from ibkr_sync.domain.selection.series_choice import SeriesChoice

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.nearest_contract import NearestRule
    from ibkr_sync.domain.delivery.rolls import RollRule

T = TypeVar("T")


def parse_days_before(text: str) -> DaysBefore:
    """Read `5` calendar days or `5bd` business days; raises BadParameter."""
    return _accepted(days_before.parse_days_before, text)


def parse_days_ahead(text: str) -> DaysBefore:
    """Read how far ahead: `5bd` business days, or a duration as `30d`; raises BadParameter."""
    return _accepted(days_before.parse_days_ahead, text)


def parse_months(text: str) -> frozenset[int]:
    """Read delivery months by their letters, as `HMUZ`; raises BadParameter."""
    return _accepted(parse_delivery_months, text)


def _accepted(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def parse_roll(text: str, side: PositionSide) -> RollRule:
    """Read a rule for rolls (see `parse_roll_rule`); raises BadParameter."""
    from ibkr_sync.domain.delivery.rolls import parse_roll_rule

    try:
        return parse_roll_rule(text.strip().lower(), side)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--rule'") from None


def typed_rule(rule: NearestRule) -> tuple[str, ...]:
    """The options that give a rule, as they are typed; none of those that say what is usual."""
    days, months = rule.days_before, sorted(rule.months or ())
    options = {
        "--side": None if rule.side is PositionSide.LONG else rule.side.value,
        "--by": None if rule.by is None else rule.by.value,
        "--days-before": None if days is None else f"{days.count}{'bd' * days.is_business}",
        "--months": "".join(MONTH_CODES[month - 1] for month in months) or None,
        "--series": None if rule.series is SeriesChoice.USUAL else rule.series.value,
    }
    return tuple(word for name, value in options.items() if value for word in (name, value))


Side = Annotated[PositionSide, typer.Option("--side", help="Which position is to be held.")]
By = Annotated[
    HoldLimitKind | None,
    typer.Option("--by", help="The date that counts; the earliest that is known if not given."),
]
Before = Annotated[
    DaysBefore | None,
    typer.Option(
        "--days-before",
        help="Pass over a contract from N days before that date on; 5bd are business days.",
        metavar="N",
        parser=parse_days_before,
    ),
]
Months = Annotated[
    frozenset[int] | None,
    typer.Option(
        "--months",
        help="Only these delivery months, as HMUZ.",
        metavar="LETTERS",
        parser=parse_months,
    ),
]
