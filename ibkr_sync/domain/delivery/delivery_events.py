"""That first notice or IBKR's cut-off came near: events that no run sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock

FARTHEST_WARNING: Final = timedelta(days=31)
"""Longer than the business days of the first warning may take."""

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
    once. Each day counts as long as it was known, so that what was reported stays so. Notice after
    the last trade comes near to nobody, nor does anything of a contract that was delisted before.
    """
    contract = delivering.contract
    delisted_at = contract.listing.delisted_at if contract.listing else None
    for name, event_type in _DATES:
        for at, severity, day in _warnings(delivering, name, days):
            if since <= at <= now and (delisted_at is None or at < delisted_at):
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
    delivering: DeliveringContract, name: str, days: BusinessDays
) -> Iterator[tuple[datetime, Severity, date]]:
    """Every warning of a date, by the days that it was in turn, each as long as it was that."""
    contract = delivering.contract
    learnt = None if contract.listing is None else contract.listing.first_seen_at
    for changed in delivering.changed_days.get(name, ()):
        for at, severity, day in _of_day(contract, changed.old, learnt, days):
            if at < changed.at:
                yield at, severity, day
        learnt = changed.at if learnt is None else max(learnt, changed.at)
    yield from _of_day(contract, getattr(contract.delivery, name, None), learnt, days)


def _of_day(
    contract: FuturesContract, day: date | None, known: datetime | None, days: BusinessDays
) -> Iterator[tuple[datetime, Severity, date]]:
    if day is None or day > contract.last_trade_date:
        return
    zone = ZoneInfo(contract.time_zone or "UTC")
    begins = [
        (midnight_by_clock(days.before(day, count), zone), warning) for count, warning in _WARNINGS
    ]
    if known is not None:
        late = [severity for at, severity in begins if at < known]
        if late and contract.local_date(known) <= day:
            yield known, late[-1], day
        begins = [(at, severity) for at, severity in begins if at >= known]
    yield from ((at, severity, day) for at, severity in begins)
