"""A calendar of stored contracts: what ends on which day, and what gives notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates


class ExpirationKind(StrEnum):
    """What happens on a day."""

    LONG_CUTOFF = "long-cutoff"
    NOTICE = "notice"
    SHORT_CUTOFF = "short-cutoff"
    LAST_TRADE = "last-trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiration:
    """A day of a contract in the calendar.

    Attributes:
        days_left: calendar days until then, by the exchange's date.
        business_days_left: the same in business days of its market.
        confidence: None for the last trade date, which IBKR says.
    """

    day: date
    kind: ExpirationKind
    delivering: DeliveringContract
    days_left: int
    business_days_left: int
    source: str
    confidence: Confidence | None = None


_DATES: Final = {
    ExpirationKind.LONG_CUTOFF: "long_cutoff",
    ExpirationKind.NOTICE: "first_notice_date",
    ExpirationKind.SHORT_CUTOFF: "short_cutoff",
}


def expirations_of(
    delivering: DeliveringContract, days: BusinessDays, now: datetime, within: DaysBefore
) -> Iterator[Expiration]:
    """What a contract has in the calendar from today, at the aware instant `now`, for some days.

    A contract that has ended has nothing, and what would come after its last trade is left out.
    """
    contract = delivering.contract
    if contract.is_expired(now):
        return
    today = contract.local_date(now)
    known = contract.delivery or DeliveryDates()
    dates: list[tuple[ExpirationKind, date, str, Confidence | None]] = [
        (kind, getattr(known, name), known.sources[name].source, known.sources[name].confidence)
        for kind, name in _DATES.items()
        if getattr(known, name) is not None
    ]
    dates.append((ExpirationKind.LAST_TRADE, contract.last_trade_date, "IBKR", None))
    for kind, day, source, confidence in dates:
        if within.start(day, days) <= today <= day <= contract.last_trade_date:
            yield Expiration(
                day=day,
                kind=kind,
                delivering=delivering,
                days_left=(day - today).days,
                business_days_left=days.between(today, day),
                source=source,
                confidence=confidence,
            )
