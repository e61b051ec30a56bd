"""When a contract stops trading: by formula, but for the kinds of products that no formula fits.

Sources: the contract specifications of the exchanges; dates recorded from IBKR are in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

from ibkr_sync.domain.delivery.business_days import (
    FRIDAY,
    THURSDAY,
    TUESDAY,
    BusinessDays,
    last_weekday,
    nth_weekday,
)
from ibkr_sync.domain.delivery.date_formulas import FormulaContext, parse_formula
from ibkr_sync.domain.entities.contracts import ContractMonth

_DAY = timedelta(days=1)
_THIRTY_DAYS = timedelta(days=30)
_NSE_TUESDAYS_FROM = ContractMonth(2025, 9)


@cache
def expiry_date(rule: str, days: BusinessDays, year: int, month: int) -> date:
    """The last trade date of the contract of a month.

    `rule` is a formula (see `domain/delivery/date_formulas.py`) or a name of `_RULES`. Raises
    ValueError for anything else.
    """
    contract_month = ContractMonth(year, month)
    if rule in _RULES:
        return _RULES[rule](days, contract_month)
    day = parse_formula(rule).date_of(FormulaContext(days=days, month=contract_month))
    if day is None:
        raise ValueError(f"no rule for a last trade date: {rule!r}")
    return day


def thirty_days_before_expiry(friday: date, days: BusinessDays) -> date:
    """30 days before an option expiry Friday, each end moved to the business day before.

    Source: Cboe's final settlement date of VX futures; weekly ones use every Friday.
    """
    return days.on_or_before(days.on_or_before(friday) - _THIRTY_DAYS)


def _feeder_cattle(days: BusinessDays, month: ContractMonth) -> date:
    """The last Thursday with no holiday on it or on the four weekdays before."""
    day = last_weekday(month.year, month.month, THURSDAY)
    while days.before(day + _DAY, 5) != day - 6 * _DAY:
        day -= 7 * _DAY
    return day


def _volatility(days: BusinessDays, month: ContractMonth) -> date:
    """By the third Friday of the month after, on which the options expire."""
    year, number = month.year + month.month // 12, month.month % 12 + 1
    return thirty_days_before_expiry(nth_weekday(year, number, FRIDAY, 3), days)


def _nse_monthly(days: BusinessDays, month: ContractMonth) -> date:
    """The last Thursday; since September 2025 the last Tuesday."""
    weekday = TUESDAY if month >= _NSE_TUESDAYS_FROM else THURSDAY
    return days.on_or_before(last_weekday(month.year, month.month, weekday))


_RULES: Final[dict[str, Callable[[BusinessDays, ContractMonth], date]]] = {
    "feeder cattle": _feeder_cattle,
    "volatility": _volatility,
    "NSE monthly": _nse_monthly,
}
