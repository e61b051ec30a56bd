"""What a program gives for an argument: a value of its type, or the text that options take.

Every function raises ValueError for what can't be read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, TypedDict, TypeVar

from ibkr_sync.domain import durations
from ibkr_sync.domain.delivery.days_before import DaysBefore, parse_days_ahead, parse_days_before
from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, PositionSide
from ibkr_sync.domain.delivery.nearest_contract import NearestRule
from ibkr_sync.domain.history.moments import moment_text
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.naming.spellings import parse_multiplier
from ibkr_sync.domain.selection.delivery_months import parse_delivery_months
from ibkr_sync.domain.selection.series_choice import SeriesChoice

Span: TypeAlias = str | timedelta
"""How long: `90m`, `20h`, `7d`, or a timedelta."""

Since: TypeAlias = str | date | datetime | timedelta
"""A moment: `7d` or a timedelta ago, a date, or an instant, which is in UTC if it is naive."""

Days: TypeAlias = int | str | timedelta | DaysBefore
"""So many calendar days, or business days as `5bd`."""

Symbol: TypeAlias = str | int
"""What people call a product or contract, or a conId."""

E = TypeVar("E", bound=StrEnum)


class Narrowing(TypedDict, total=False):
    """What narrows the meaning of a symbol, as the options of the same names do."""

    exchange: str | None
    currency: str | None
    trading_class: str | None
    multiplier: Decimal | int | str | None


def limits_of(given: Narrowing) -> Limits:
    """What narrows a symbol; raises MalformedSymbolError for what is no multiplier."""
    unknown = sorted(given.keys() - Narrowing.__annotations__.keys())
    if unknown:
        raise TypeError(f"there is no argument {unknown[0]!r}")
    size = given.get("multiplier")
    return Limits(
        exchange=given.get("exchange"),
        currency=given.get("currency"),
        trading_class=given.get("trading_class"),
        multiplier=None if size is None else parse_multiplier(str(size)),
    )


def symbols_of(given: Collection[object]) -> tuple[str, ...]:
    """Symbols as people type them; raises TypeError for what is neither text nor a conId."""
    for symbol in given:
        if not isinstance(symbol, str | int) or isinstance(symbol, bool):
            raise TypeError(f"a symbol is text or a conId, not {symbol!r}")
    return tuple(map(str, given))


def named_symbols_of(given: Collection[Symbol]) -> tuple[str, ...]:
    """As `symbols_of`, at least one."""
    if not given:
        raise ValueError("name a product")
    return symbols_of(given)


def refuse_narrowing(symbols: Collection[Symbol], given: Narrowing) -> None:
    """Raise ValueError for what narrows a symbol where there is none."""
    if not symbols and given:
        raise ValueError(f"{next(iter(given))} is for a symbol, and none is named")


def count_of(name: str, given: int, most: int) -> int:
    """How many, from 1 up."""
    if not 1 <= given <= most:
        raise ValueError(f"{name} is from 1 to {most}, not {given}")
    return given


def span_of(given: Span) -> timedelta:
    """How long."""
    if isinstance(given, timedelta):
        return given
    try:
        return durations.parse_duration(given)
    except ValueError as error:
        raise ValueError(f"{given!r} {error}") from None


def written_moment(given: Since, now: datetime) -> str:
    """A moment as text, for the rule that reads it."""
    return moment_text(now - given if isinstance(given, timedelta) else given)


def day_of(given: str | date) -> date:
    """A date."""
    try:
        if isinstance(given, datetime):
            return given.date()
        return date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise ValueError(f"{given!r} isn't a date; write 2026-11-23") from None


def choice_of(kind: type[E], given: E | str) -> E:
    """One of an enumeration, by its value."""
    try:
        return kind(given)
    except ValueError:
        raise ValueError(f"{given!r} is none of {', '.join(kind)}") from None


def days_before_of(given: Days | None) -> DaysBefore | None:
    """So many days before a date; None stays None."""
    match given:
        case None | DaysBefore():
            return given
        case timedelta():
            return parse_days_before(str(given.days))
        case _:
            return parse_days_before(str(given))


def days_ahead_of(given: Days) -> DaysBefore:
    """How far ahead."""
    match given:
        case DaysBefore():
            return given
        case timedelta():
            return parse_days_ahead(f"{given.days}d")
        case int():
            return parse_days_ahead(f"{given}d")
        case _:
            return parse_days_ahead(given)


def months_of(given: str | Collection[int] | None) -> frozenset[int] | None:
    """Delivery months by their letters or numbers; None stays None."""
    if given is None or isinstance(given, str):
        return None if given is None else parse_delivery_months(given)
    months = frozenset(given)
    if not months or not months <= frozenset(range(1, 13)):
        raise ValueError(f"{sorted(months)} are no months; write HMUZ, or numbers from 1 to 12")
    return months


def groups_of(given: str | Collection[str]) -> tuple[str, ...]:
    """Groups of the watchlist, of which one may be given by itself."""
    return (given,) if isinstance(given, str) else tuple(given)


def nearest_rule_of(
    side: PositionSide | str,
    by: HoldLimitKind | str | None,
    days_before: Days | None,
    months: str | Collection[int] | None,
    series: SeriesChoice | str,
) -> NearestRule:
    """What a contract must be to be held still."""
    return NearestRule(
        side=choice_of(PositionSide, side),
        by=None if by is None else choice_of(HoldLimitKind, by),
        days_before=days_before_of(days_before),
        months=months_of(months),
        series=choice_of(SeriesChoice, series),
    )
