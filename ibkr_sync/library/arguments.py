"""What a program gives for an argument: a value of its type, or the text that options take.

Every function raises ValueError for what can't be read, and TypeError for a value of another type.
"""

from __future__ import annotations

import operator
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import SupportsIndex, TypeAlias, TypedDict, TypeVar

from ibkr_sync.domain import durations
from ibkr_sync.domain.delivery.days_before import DaysBefore, parse_days_ahead, parse_days_before
from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, PositionSide
from ibkr_sync.domain.delivery.nearest_contract import NearestRule
from ibkr_sync.domain.entities.futures import ProductKey
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

Symbol: TypeAlias = str | SupportsIndex | ProductKey
"""What people call a product or contract, a conId as any integer, or a product's key."""

E = TypeVar("E", bound=StrEnum)


class Narrowing(TypedDict, total=False):
    """What narrows the meaning of a symbol, as the options of the same names do."""

    exchange: str | None
    currency: str | None
    trading_class: str | None
    multiplier: Decimal | SupportsIndex | str | None


def limits_of(given: Narrowing) -> Limits:
    """What narrows a symbol; raises MalformedSymbolError for what is no multiplier."""
    unknown = sorted(given.keys() - Narrowing.__annotations__.keys())
    if unknown:
        raise TypeError(f"there is no argument {unknown[0]!r}")
    size = given.get("multiplier")
    for name in ("exchange", "currency", "trading_class"):
        refuse_other_types(name, given.get(name), str | None)
    refuse_other_types("multiplier", size, Decimal | SupportsIndex | str | None)
    return Limits(
        exchange=given.get("exchange"),
        currency=given.get("currency"),
        trading_class=given.get("trading_class"),
        multiplier=None if size is None else parse_multiplier(str(size)),
    )


def symbols_of(given: Collection[object]) -> tuple[str, ...]:
    """Symbols as people type them."""
    return tuple(map(_symbol_of, given))


def _symbol_of(given: object) -> str:
    if isinstance(given, str | ProductKey):
        return str(given)
    if isinstance(given, SupportsIndex) and not isinstance(given, bool):
        return str(operator.index(given))  # integers of numpy too
    raise TypeError(f"a symbol is text, a conId or a product's key, not {given!r}")


def named_symbols_of(given: Collection[Symbol]) -> tuple[str, ...]:
    """As `symbols_of`, at least one."""
    if not given:
        raise ValueError("name a product")
    return symbols_of(given)


def refuse_narrowing(symbols: Collection[Symbol], given: Collection[str]) -> None:
    """Raise ValueError for what narrows a symbol where there is none."""
    if not symbols and given:
        raise ValueError(f"{next(iter(given))} is for a symbol, and none is named")


def refuse_other_types(name: str, given: object, types: UnionType | type) -> None:
    """Raise TypeError for what is not of the types, as a truth value never is."""
    if isinstance(given, bool) or not isinstance(given, types):
        raise TypeError(f"{name} can't be {given!r}")


def count_of(name: str, given: int, most: int) -> int:
    """How many, from 1 up."""
    refuse_other_types(name, given, int)
    if not 1 <= given <= most:
        raise ValueError(f"{name} is from 1 to {most}, not {given}")
    return given


def span_of(given: Span) -> timedelta:
    """How long."""
    refuse_other_types("a span of time", given, str | timedelta)
    if isinstance(given, timedelta):
        return given
    try:
        return durations.parse_duration(given)
    except ValueError as error:
        raise ValueError(f"{given!r} {error}") from None


def written_moment(given: Since, now: datetime) -> str:
    """A moment as text, for the rule that reads it."""
    refuse_other_types("a moment", given, str | date | timedelta)
    return moment_text(now - given if isinstance(given, timedelta) else given)


def day_of(given: str | date) -> date:
    """A date."""
    refuse_other_types("a date", given, str | date)
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
    refuse_other_types("a number of days", given, int | str | timedelta | DaysBefore | None)
    match given:
        case None | DaysBefore():
            return given
        case timedelta():
            return parse_days_before(str(given.days))
        case _:
            return parse_days_before(str(given))


def days_ahead_of(given: Days) -> DaysBefore:
    """How far ahead."""
    refuse_other_types("a number of days", given, int | str | timedelta | DaysBefore)
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
    refuse_other_types("groups", given, Collection)
    groups = (given,) if isinstance(given, str) else tuple(given)
    for group in groups:
        refuse_other_types("a group", group, str)
    return groups


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
