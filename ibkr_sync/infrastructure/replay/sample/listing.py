"""Which contracts of a product exist on a day: those listed, and those that expired of late.

A listing is one or more terms, each a cycle of month codes (`HMUZ`, `*` for every month) and
how far it reaches: `HMUZ:21` the nearest 21, `GJQV:23m` those within 23 calendar months,
`*:10y+2` to the end of the tenth year after this one and two months more. `weekly:6` are the
nearest six weekly expiries of a volatility index. Source: listing rules of the exchanges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count, islice, takewhile

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.naming.spellings import MONTH_CODES
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar
from ibkr_sync.infrastructure.replay.sample.expiry import expiry_date, thirty_days_before_expiry
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct

EXPIRED_KEPT = timedelta(days=730)

_FURTHEST_LAST_TRADE_AFTER_MONTH = 4
_TERM = re.compile(rf"(\*|[{MONTH_CODES}]+):(?:(\d+)|(\d+)m|(\d+)y(?:\+(\d+))?)")
_WEEKLY = re.compile(r"weekly:(\d+)")
_EPOCH_FRIDAY = date(1970, 1, 2)
_FRIDAY_AFTER_EXPIRY = timedelta(days=30)
_THIRD_WEEK = range(15, 22)


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract's place in its chain.

    Attributes:
        number: unique within the series and the same on every day: months since year 0, or
            weeks since 1970 for a weekly expiry.
        week: the ISO week of a weekly expiry, else None.
    """

    year: int
    month: int
    last_trade_date: date
    number: int
    week: int | None = None

    @property
    def month_code(self) -> str:
        """The letter of the contract month."""
        return MONTH_CODES[self.month - 1]


@dataclass(frozen=True, slots=True)
class _Term:
    months: frozenset[int]
    nearest: int | None = None
    calendar_months: int | None = None
    calendar_years: int | None = None
    extra_months: int = 0

    def reaches(self, today: date) -> int | None:
        """Index of the last month that the term allows, if it has one."""
        if self.calendar_months is not None:
            return _month_index(today) + self.calendar_months - 1
        if self.calendar_years is not None:
            return (today.year + self.calendar_years + 1) * 12 - 1 + self.extra_months
        return None


def listed_contracts(
    product: SampleProduct, calendar: BusinessCalendar, today: date
) -> list[ListedContract]:
    """The contracts that still trade on `today`, the monthly ones in order before the weeklies."""
    terms, weeklies = _parse(product.listing)
    months = {
        contract.number: contract
        for term in terms
        for contract in _of(term, product, calendar, today)
    }
    return [
        *(months[number] for number in sorted(months)),
        *islice(_weekly_contracts(product, calendar, today), weeklies),
    ]


def expired_listing(
    product: SampleProduct, calendar: BusinessCalendar, today: date
) -> list[ListedContract]:
    """The contracts whose last trade date lies within the two years before `today`."""
    terms, weeklies = _parse(product.listing)
    cycle = frozenset[int]().union(*(term.months for term in terms))
    first = today - EXPIRED_KEPT
    series = [_monthly_contracts(product, calendar, cycle, first)]
    if weeklies:
        series.append(_weekly_contracts(product, calendar, first))
    return [
        contract
        for contracts in series
        for contract in takewhile(lambda item: item.last_trade_date < today, contracts)
    ]


def _of(
    term: _Term, product: SampleProduct, calendar: BusinessCalendar, today: date
) -> Iterator[ListedContract]:
    reach = term.reaches(today)
    contracts = _monthly_contracts(product, calendar, term.months, today)
    for contract in islice(contracts, term.nearest):
        if reach is not None and contract.number > reach:
            return
        yield contract


def _monthly_contracts(
    product: SampleProduct, calendar: BusinessCalendar, months: frozenset[int], since: date
) -> Iterator[ListedContract]:
    """The contracts of the cycle in order, from the first that still traded on `since`."""
    days = BusinessDays(calendar, product.market)
    for number in count(_month_index(since) - _FURTHEST_LAST_TRADE_AFTER_MONTH):
        year, month = number // 12, number % 12 + 1
        if month in months:
            last = expiry_date(product.expiry_rule, days, year, month)
            if last >= since:
                yield ListedContract(year, month, last, number)


def _weekly_contracts(
    product: SampleProduct, calendar: BusinessCalendar, since: date
) -> Iterator[ListedContract]:
    """The weekly expiries in order, leaving out the weeks of the monthly ones."""
    days = BusinessDays(calendar, product.market)
    for weeks in count((since + _FRIDAY_AFTER_EXPIRY - _EPOCH_FRIDAY).days // 7):
        friday = _EPOCH_FRIDAY + timedelta(weeks=weeks)
        last = thirty_days_before_expiry(friday, days)
        if last >= since and friday.day not in _THIRD_WEEK:
            wednesday = friday - _FRIDAY_AFTER_EXPIRY
            week = wednesday.isocalendar().week
            yield ListedContract(wednesday.year, wednesday.month, last, weeks, week)


def _month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


@cache
def _parse(listing: str) -> tuple[tuple[_Term, ...], int]:
    """The monthly terms and the number of weekly expiries; raises ValueError for other text."""
    terms: list[_Term] = []
    weeklies = 0
    for text in listing.split():
        if weekly := _WEEKLY.fullmatch(text):
            weeklies = int(weekly[1])
        elif match := _TERM.fullmatch(text):
            terms.append(_term(match))
        else:
            raise ValueError(f"not a listing term: {text!r}")
    return tuple(terms), weeklies


def _term(match: re.Match[str]) -> _Term:
    cycle, nearest, months, years, extra = match.groups()
    codes = MONTH_CODES if cycle == "*" else cycle
    return _Term(
        months=frozenset(MONTH_CODES.index(code) + 1 for code in codes),
        nearest=int(nearest) if nearest else None,
        calendar_months=int(months) if months else None,
        calendar_years=int(years) if years else None,
        extra_months=int(extra or 0),
    )
