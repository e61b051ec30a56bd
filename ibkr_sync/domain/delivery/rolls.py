"""When a position moves from one contract of a chain to the next, by a rule of dates.

Which contract trades most is a question of volume, which nothing here knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from ibkr_sync.domain.delivery.business_days import BusinessDays, last_day
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.hold_limits import (
    HoldLimit,
    HoldLimitKind,
    PositionSide,
    StandIn,
    StandInReason,
    hold_limits,
    outlasted_limits,
    stand_in_of,
)
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series
from ibkr_sync.domain.selection.size_choice import differ_in_size_only


class RollBasis(StrEnum):
    """What the date of a roll rests on.

    LISTED lies ahead. Of the past, HISTORY was stored by then, HINDSIGHT only later.
    """

    LISTED = "listed"
    HISTORY = "history"
    HINDSIGHT = "hindsight"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRule:
    """When a contract is left: so long before one of its dates, or on a day of the month.

    Attributes:
        day_of_month: of the month in which it stops trading, of the one before where that day
            comes after the last trade; the last business day on or before it.
    """

    by: HoldLimitKind = HoldLimitKind.LAST_TRADE
    before: DaysBefore = field(default_factory=lambda: DaysBefore(count=0))
    day_of_month: int | None = None
    side: PositionSide = PositionSide.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """One contract is left for the next, with why on that day.

    Attributes:
        limit: the date from which the day is counted; None for a day of the month.
        stand_in: where that is the last trade date instead of the date that the rule names.
        outlasted: first notice and IBKR's cut-off, where the contract is kept beyond them.
    """

    day: date
    leaving: FuturesContract
    entering: FuturesContract
    why: str
    source: str
    confidence: Confidence | None
    basis: RollBasis
    limit: HoldLimit | None = None
    stand_in: StandIn | None = None
    outlasted: tuple[HoldLimit, ...] = ()


_BY_DATE: Final = re.compile(
    r"(?P<by>last-trade|notice|cutoff)-(?P<count>[0-9]{1,3})(?P<unit>bd|d)?"
)
_BY_DAY: Final = re.compile(r"day-(?P<day>[0-9]{1,2})")
_LONGEST_MONTH: Final = 31
LIMIT_NAMES: Final = {
    HoldLimitKind.LAST_TRADE: "last trade",
    HoldLimitKind.NOTICE: "first notice",
    HoldLimitKind.CUTOFF: "IBKR's cut-off",
}


def parse_roll_rule(text: str, side: PositionSide = PositionSide.LONG) -> RollRule:
    """Read `notice-3bd`, `last-trade-5`, `cutoff-1bd` or `day-15`; raises ValueError."""
    match = _BY_DATE.fullmatch(text)
    if match is not None:
        before = DaysBefore(count=int(match["count"]), is_business=match["unit"] == "bd")
        return RollRule(by=HoldLimitKind(match["by"]), before=before, side=side)
    match = _BY_DAY.fullmatch(text)
    if match is None or not 1 <= int(match["day"]) <= _LONGEST_MONTH:
        raise ValueError(
            f"{text!r} is no rule; write notice-3bd, last-trade-5, cutoff-1bd or day-15"
        )
    return RollRule(day_of_month=int(match["day"]), side=side)


def rolls_of(
    product: Future,
    rule: RollRule,
    days: BusinessDays,
    now: datetime,
    months: frozenset[int] | None = None,
) -> Iterator[Roll]:
    """Give every roll along a product's chain, in order; its deliveries are dated.

    `months` are the numbers of the delivery months that are wanted, None for all; weekly and
    daily contracts don't count where there are monthly ones, nor do those that were delisted.
    Raises AmbiguousContractError for two that only their size distinguishes.
    """
    series = chosen_series(product, SeriesChoice.USUAL)
    chain = sorted(
        (
            contract
            for contract in product.contracts
            if contract.series in series and not contract.is_delisted and _is_of(contract, months)
        ),
        key=lambda item: (item.last_trade_date, item.con_id),
    )
    for leaving, entering in pairwise(chain):
        if differ_in_size_only(leaving, entering):
            raise AmbiguousContractError(str(product.key), (leaving, entering), product.key)
        yield _roll(leaving, entering, rule, days, now)


def _is_of(contract: FuturesContract, months: frozenset[int] | None) -> bool:
    month = contract.contract_month
    return months is None or (month is not None and month.month in months)


def _roll(
    leaving: FuturesContract,
    entering: FuturesContract,
    rule: RollRule,
    days: BusinessDays,
    now: datetime,
) -> Roll:
    limit = hold_limits(leaving, days, rule.side, rule.by)[0]
    is_by_date = rule.day_of_month is None
    stand_in = stand_in_of(leaving, rule.side, rule.by) if is_by_date else None
    if rule.day_of_month is not None:
        day = _day_of_month(leaving, rule.day_of_month, days)
        why = f"last business day on or before day {rule.day_of_month}"
    else:
        day = days.on_or_before(rule.before.start(limit.day, days))
        why = _reason(leaving, rule, limit, stand_in)
    outlasted = outlasted_limits(leaving, days, rule.side, day)
    return Roll(
        day=day,
        leaving=leaving,
        entering=entering,
        why="; ".join((why, *map(_objection, outlasted))),
        source=limit.source,
        confidence=limit.confidence,
        basis=_basis(leaving, day, now),
        limit=limit if is_by_date else None,
        stand_in=stand_in,
        outlasted=outlasted,
    )


def _day_of_month(contract: FuturesContract, number: int, days: BusinessDays) -> date:
    """The last such day that is no later than the last trade, or the business day before it."""
    end = contract.last_trade_date
    year, month = end.year, end.month
    while True:
        last = last_day(year, month)
        day = days.on_or_before(last.replace(day=min(number, last.day)))
        if day <= end:
            return day
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _reason(
    contract: FuturesContract, rule: RollRule, limit: HoldLimit, stand_in: StandIn | None
) -> str:
    """How long before which date; where another stands in for the rule's, it says so."""
    reason = f"{rule.before} before {LIMIT_NAMES[limit.kind]} {limit.day}"
    if stand_in is None:
        return reason
    instead = {
        StandInReason.LATER: f", which comes later ({stand_in.day})",
        StandInReason.NONE: f": {contract.trading_class} has none",
        StandInReason.UNKNOWN: ", which is not known",
    }
    return f"{reason}, in place of {LIMIT_NAMES[stand_in.asked]}{instead[stand_in.reason]}"


def _objection(limit: HoldLimit) -> str:
    by = f"{limit.source}, {limit.confidence}" if limit.confidence else limit.source
    return f"kept past {LIMIT_NAMES[limit.kind]} {limit.day} ({by})"


def _basis(contract: FuturesContract, day: date, now: datetime) -> RollBasis:
    if day >= contract.local_date(now):
        return RollBasis.LISTED
    listing = contract.listing
    was_stored = listing is not None and contract.local_date(listing.first_seen_at) <= day
    return RollBasis.HISTORY if was_stored else RollBasis.HINDSIGHT
