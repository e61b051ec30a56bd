"""Formulas for dates of a contract, in the words of rulebooks.

`3rd last bd of m` is the third last business day (bd) of the contract month (m); a number of
business or calendar days may stand before or after such a day: `2 bd before 3rd Wed of m`,
`1 day after 5th bd of m`. A day that need be none is moved to a business day by `bd up to 3rd Fri
of m` or `bd from day 10 of m`. Other months are `m-1` or `m+3`. What a formula may begin from is a
row of `_ANCHORS`, each with one pure function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from ibkr_sync.domain.delivery.business_days import (
    BusinessDays,
    last_day,
    last_weekday,
    nth_weekday,
)
from ibkr_sync.domain.entities.contracts import ContractMonth

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri")
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaContext:
    """What a formula counts from.

    Attributes:
        month: the contract month.
        last_trade: the last trade date; None where a formula is to give it.
        first_notice: the first notice date; None where there is none yet.
    """

    days: BusinessDays
    month: ContractMonth
    last_trade: date | None = None
    first_notice: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormula:
    """A formula as it is written, ready to give dates.

    Attributes:
        move: whether the day that it begins from is moved to a business day, `up to` it or `from`
            it on; then the days are counted.
    """

    text: str
    anchor: Callable[[FormulaContext, re.Match[str]], date | None]
    match: re.Match[str]
    move: str | None = None
    business_days: int = 0
    calendar_days: int = 0

    def date_of(self, context: FormulaContext) -> date | None:
        """The date for a contract; None where what it counts from is not known."""
        day = self.anchor(context, self.match)
        if day is None:
            return None
        days = context.days
        if self.move is not None:
            day = days.on_or_before(day) if self.move == "up to" else days.on_or_after(day)
        if self.business_days < 0:
            day = days.before(day, -self.business_days)
        elif self.business_days > 0:
            day = days.after(day, self.business_days)
        return day + timedelta(days=self.calendar_days)


@lru_cache(256)
def parse_formula(text: str) -> DateFormula:
    """Read a formula; raises ValueError for words that it can't be made of."""
    shift = _SHIFT.match(text)
    rest = text[shift.end() :] if shift else text
    move = _MOVE.match(rest)
    rest = rest[move.end() :] if move else rest
    for pattern, anchor in _ANCHORS:
        match = pattern.fullmatch(rest)
        if match is not None:
            count = 0 if shift is None else int(shift["count"])
            signed = -count if shift is not None and shift["way"] == "before" else count
            is_business = shift is not None and shift["unit"] == "bd"
            return DateFormula(
                text=text,
                anchor=anchor,
                match=match,
                move=None if move is None else move["way"],
                business_days=signed if is_business else 0,
                calendar_days=0 if is_business else signed,
            )
    raise ValueError(f"not a formula for a date: {text!r}")


def _last_trade(context: FormulaContext, _: re.Match[str]) -> date | None:
    return context.last_trade


def _first_notice(context: FormulaContext, _: re.Match[str]) -> date | None:
    return context.first_notice


def _nth_business_day(context: FormulaContext, match: re.Match[str]) -> date:
    return context.days.nth_of_month(*_month(context, match), int(match["n"]))


def _nth_last_business_day(context: FormulaContext, match: re.Match[str]) -> date:
    return context.days.last_of_month(*_month(context, match), int(match["n"] or 1))


def _last_business_day_without_eve(context: FormulaContext, match: re.Match[str]) -> date:
    """The last business day of a month, of December the one before it."""
    year, month = _month(context, match)
    return context.days.last_of_month(year, month, 2 if month == _DECEMBER else 1)


def _nth_weekday(context: FormulaContext, match: re.Match[str]) -> date:
    return nth_weekday(*_month(context, match), _WEEKDAYS.index(match["weekday"]), int(match["n"]))


def _last_weekday(context: FormulaContext, match: re.Match[str]) -> date:
    return last_weekday(*_month(context, match), _WEEKDAYS.index(match["weekday"]))


def _day_of_month(context: FormulaContext, match: re.Match[str]) -> date:
    return date(*_month(context, match), int(match["n"]))


def _last_day_of_month(context: FormulaContext, match: re.Match[str]) -> date:
    return last_day(*_month(context, match))


def _month(context: FormulaContext, match: re.Match[str]) -> tuple[int, int]:
    """Year and month of `m` or of one before or after it, as `m-1`."""
    months = context.month.year * 12 + context.month.month - 1 + int(match["later"] or 0)
    return months // 12, months % 12 + 1


_SHIFT: Final = re.compile(r"(?P<count>[0-9]{1,2}) (?P<unit>bd|day) (?P<way>before|after) ")
_MOVE: Final = re.compile(r"bd (?P<way>up to|from) ")
_M = r" of m(?P<later>[-+][1-3])?"
_NTH = r"(?P<n>[0-9]{1,2})(?:st|nd|rd|th)"
_ANCHORS: Final = tuple(
    (re.compile(pattern), anchor)
    for pattern, anchor in (
        ("last trade", _last_trade),
        ("first notice", _first_notice),
        (rf"{_NTH} bd{_M}", _nth_business_day),
        (rf"(?:{_NTH} )?last bd{_M}", _nth_last_business_day),
        (rf"last bd, of December the 2nd last,{_M}", _last_business_day_without_eve),
        (rf"{_NTH} (?P<weekday>Mon|Tue|Wed|Thu|Fri){_M}", _nth_weekday),
        (rf"last (?P<weekday>Mon|Tue|Wed|Thu|Fri){_M}", _last_weekday),
        (rf"day (?P<n>[0-9]{{1,2}}){_M}", _day_of_month),
        (rf"last day{_M}", _last_day_of_month),
    )
)
