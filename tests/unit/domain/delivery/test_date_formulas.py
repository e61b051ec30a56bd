"""Formulas for dates, in the words of rulebooks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.date_formulas import FormulaContext, parse_formula
from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar
from one_case import one_case

DECEMBER = ContractMonth(2026, 12)


class Closed(BusinessCalendar):
    """Weekends, and the days that it was given."""

    def __init__(self, *closed: date) -> None:
        self.closed = frozenset(closed)

    def is_business_day(self, day: date, market: str) -> bool:
        del market
        return day.weekday() < 5 and day not in self.closed


def on(text: str, *closed: date, month: ContractMonth = DECEMBER) -> date | None:
    context = FormulaContext(
        days=BusinessDays(Closed(*closed), "us"),
        month=month,
        last_trade=date(2026, 12, 29),
        first_notice=date(2026, 11, 30),
    )
    return parse_formula(text).date_of(context)


@one_case(
    ("text", "expected"),
    [
        ("3rd last bd of m", "2026-12-29"),
        ("last bd of m-1", "2026-11-30"),
        ("last bd of m-2", "2026-10-30"),
        ("1st bd of m", "2026-12-01"),
        ("1 bd before day 15 of m", "2026-12-14"),
        ("3 bd before bd up to day 22 of m-1", "2026-11-17"),  # the 22nd is a Sunday
        ("2 bd before 3rd Wed of m", "2026-12-14"),
        ("last Mon of m", "2026-12-28"),
        ("1 bd before first notice", "2026-11-27"),
        ("2 bd after last trade", "2026-12-31"),
        ("1 day after 5th bd of m", "2026-12-08"),
        ("1 day before last bd of m", "2026-12-30"),
        ("last day of m", "2026-12-31"),
        ("2 bd before bd from day 12 of m", "2026-12-10"),  # the 12th is a Saturday
        ("bd up to 3rd Fri of m", "2026-12-18"),
        ("bd up to last Fri of m", "2026-12-25"),
        ("1 bd before 3rd Wed of m+3", "2027-03-16"),
        ("last bd, of December the 2nd last, of m", "2026-12-30"),
        ("last bd, of December the 2nd last, of m-1", "2026-11-30"),
    ],
)
def test_a_formula_says_in_words_what_it_counts(text: str, expected: str) -> None:
    assert str(on(text)) == expected


def test_a_day_that_is_a_holiday_is_moved_before_days_are_counted() -> None:
    assert on("bd up to last Fri of m", date(2026, 12, 25)) == date(2026, 12, 24)
    assert on("1 bd before bd up to last Fri of m", date(2026, 12, 25)) == date(2026, 12, 23)
    assert on("1 bd before last Fri of m", date(2026, 12, 25)) == date(2026, 12, 24)


def test_months_before_january_are_of_the_year_before() -> None:
    assert on("last day of m-2", month=ContractMonth(2027, 1)) == date(2026, 11, 30)


@one_case(
    "text",
    ["", "third friday", "3 bd of m", "last bd of m-4", "2 weeks before last trade", "last trade."],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a formula"):
        parse_formula(text)


@given(st.dates(date(2026, 11, 1), date(2026, 12, 31)))
def test_a_holiday_moves_a_date_off_itself_and_back_no_further_than_it_must(day: date) -> None:
    for text in ("3rd last bd of m", "last bd of m-1", "1 bd before day 15 of m"):
        before, after = on(text), on(text, day)
        assert before is not None
        assert after is not None
        assert after != day
        assert BusinessDays(Closed(), "us").before(before, 1) <= after <= before
        assert after == before or after < day or day == before
