"""That first notice or IBKR's cut-off came near: events that no run sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock
from ibkr_sync.domain.ports.deliveries import DeliveringContract

FARTHEST_WARNING: Final = timedelta(days=31)
"""Longer than the business days of the first warning may take."""

_DAY: Final = timedelta(days=1)
_WARNINGS: Final = ((10, Severity.NOTICE), (2, Severity.CRITICAL))
"""How many business days before a date it is worth what."""

_DATES: Final = (
    ("first_notice_date", EventType.NOTICE_NEAR),
    ("long_cutoff", EventType.CUTOFF_NEAR),
)


def delivery_events(
    delivering: DeliveringContract, days: BusinessDays, since: datetime, now: datetime
) -> Iterator[Event]:
    """What came near between two aware instants: once 10 business days before, once 2.

    What was near already when the contract was first seen, or its date was learnt, came near then,
    once. Notice after the last trade comes near to nobody.
    """
    contract = delivering.contract
    for name, event_type in _DATES:
        day: date | None = getattr(contract.delivery, name, None)
        if day is None or day > contract.last_trade_date:
            continue
        for at, severity in _warnings(delivering, name, day, days):
            if since <= at <= now:
                yield Event(
                    type=event_type,
                    severity=severity,
                    product=delivering.product.key,
                    con_id=contract.con_id,
                    local_symbol=contract.local_symbol,
                    field=name,
                    old=None,
                    new=day.isoformat(),
                    at=at,
                    run=None,
                )


def _warnings(
    delivering: DeliveringContract, name: str, day: date, days: BusinessDays
) -> Iterator[tuple[datetime, Severity]]:
    contract = delivering.contract
    begins = [(_begin(contract, days.before(day, count)), each) for count, each in _WARNINGS]
    known_at = [delivering.learnt_at[name]] if name in delivering.learnt_at else []
    if contract.listing is not None:
        known_at.append(contract.listing.first_seen_at)
    if known_at:
        known = max(known_at)
        late = [severity for at, severity in begins if at < known]
        if late and contract.local_date(known) <= day:
            yield known, late[-1]
        begins = [(at, severity) for at, severity in begins if at >= known]
    yield from begins


def _begin(contract: FuturesContract, day: date) -> datetime:
    return midnight_by_clock(day, ZoneInfo(contract.time_zone or "UTC"))
