"""Until when a contract is to be held, as people type it."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, PositionSide
from ibkr_sync.domain.delivery.nearest_contract import DaysBefore, NearestRule
from ibkr_sync.domain.delivery.rolls import RollRule, parse_roll_rule
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.units.durations import parse_duration

MONTH_LETTERS: Final = "FGHJKMNQUVXZ"

_DAYS = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>bd|d)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_MOST: Final = {True: 2_600, False: 36_500}
"""Ten years of business days, a hundred years of calendar days."""


def parse_days_before(text: str) -> DaysBefore:
    """Read `5` calendar days or `5bd` business days; raises BadParameter."""
    match = _DAYS.fullmatch(text.strip().lower())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no number of days; write 5 or 5bd")
    count, is_business = int(match["count"]), match["unit"] == "bd"
    if count > _MOST[is_business]:
        raise typer.BadParameter(f"{text!r} is too long; it takes at most {_MOST[is_business]}")
    return DaysBefore(count=count, is_business=is_business)


def parse_days_ahead(text: str) -> DaysBefore:
    """Read how far ahead: `5bd` business days, or a duration as `30d`; raises BadParameter."""
    if text.strip().lower().endswith("bd"):
        return parse_days_before(text)
    if _NUMBER.fullmatch(text.strip()):
        count = text.strip()
        raise typer.BadParameter(f"{count!r} lacks a unit; did you mean {count}d or {count}bd?")
    try:
        return DaysBefore(count=parse_duration(text).days)
    except typer.BadParameter as error:
        raise typer.BadParameter(f"{error.message}, or 5bd") from error


def parse_months(text: str) -> frozenset[int]:
    """Read delivery months by their letters, as `HMUZ`; raises BadParameter."""
    letters = text.strip().upper()
    if not letters or any(letter not in MONTH_LETTERS for letter in letters):
        raise typer.BadParameter(f"{text!r} is no list of months; write HMUZ, from {MONTH_LETTERS}")
    return frozenset(MONTH_LETTERS.index(letter) + 1 for letter in letters)


def parse_roll(text: str, side: PositionSide) -> RollRule:
    """Read a rule for rolls (see `parse_roll_rule`); raises BadParameter."""
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
        "--months": "".join(MONTH_LETTERS[month - 1] for month in months) or None,
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
