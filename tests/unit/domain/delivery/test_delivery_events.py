"""What comes near, and when it is told of what was learnt late."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_events import delivery_events
from ibkr_sync.domain.entities.contracts import ContractListing, ContractMonth, FuturesContract
from ibkr_sync.domain.entities.delivering_contract import ChangedDay, DeliveringContract
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, DeliverySource
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case

DAYS = BusinessDays(HolidayCalendar(), "us")
LONG_AGO, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 29, tzinfo=UTC)
GOLD = Future(symbol="GC", exchange="COMEX", trading_class="GC", currency="USD")
BY = DeliverySource(source="import: x", confidence=Confidence.A, learnt_on=date(2026, 11, 1))


def delivering(seen: datetime, learnt: datetime | None = None) -> DeliveringContract:
    """Gold of December, whose first notice is on 30 November."""
    contract = FuturesContract(
        con_id=1,
        symbol="GC",
        exchange="COMEX",
        trading_class="GC",
        currency="USD",
        local_symbol="GCZ6",
        contract_month=ContractMonth(2026, 12),
        last_trade_date=date(2026, 12, 29),
        time_zone="UTC",
        listing=ContractListing(first_seen_at=seen, last_seen_at=NOW),
        delivery=DeliveryDates(
            first_notice_date=date(2026, 11, 30), sources={"first_notice_date": BY}
        ),
    )
    changed = () if learnt is None else (ChangedDay(at=learnt, old=None),)
    return DeliveringContract(
        product=GOLD, contract=contract, changed_days={"first_notice_date": changed}
    )


def near(each: DeliveringContract, since: datetime = LONG_AGO, now: datetime = NOW) -> list[str]:
    return [f"{e.at:%m-%d %H} {e.severity}" for e in delivery_events(each, DAYS, since, now)]


@one_case(
    ("known", "expected"),
    [
        (datetime(2026, 11, 2, tzinfo=UTC), ["11-13 00 notice", "11-25 00 critical"]),
        (datetime(2026, 11, 18, 9, tzinfo=UTC), ["11-18 09 notice", "11-25 00 critical"]),
        (datetime(2026, 11, 27, 9, tzinfo=UTC), ["11-27 09 critical"]),
        (datetime(2026, 11, 30, 9, tzinfo=UTC), ["11-30 09 critical"]),
        (datetime(2026, 12, 1, 9, tzinfo=UTC), []),
    ],
)
def test_what_was_near_when_it_became_known_came_near_then(
    known: datetime, expected: list[str]
) -> None:
    assert near(delivering(known)) == expected
    assert near(delivering(LONG_AGO, known)) == expected
    assert near(delivering(known, LONG_AGO)) == expected


@given(st.integers(0, 1920), st.integers(0, 1920))
def test_nothing_is_reported_twice_nor_lost_where_one_looks_in_two_parts(
    hours_until_known: int, hours_until_middle: int
) -> None:
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    middle = begin + timedelta(hours=hours_until_middle)
    each = delivering(begin + timedelta(hours=hours_until_known))
    first = [e for e in delivery_events(each, DAYS, LONG_AGO, middle) if e.at != middle]
    rest = list(delivery_events(each, DAYS, middle, NOW))
    whole = list(delivery_events(each, DAYS, LONG_AGO, NOW))
    assert first + rest == whole
    assert len({e.at for e in whole}) == len(whole)


@given(st.integers(0, 1920), st.sampled_from([None, date(2026, 11, 20), date(2026, 12, 10)]))
def test_what_was_reported_is_reported_again_after_a_date_has_changed(
    hours_until_changed: int, other: date | None
) -> None:
    changed = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=hours_until_changed)
    before = delivering(LONG_AGO)
    known = dataclasses.replace(before.contract.delivery, first_notice_date=other)  # type: ignore[type-var]
    after = dataclasses.replace(
        before,
        contract=dataclasses.replace(before.contract, delivery=known),
        changed_days={"first_notice_date": (ChangedDay(at=changed, old=date(2026, 11, 30)),)},
    )
    message = [
        event for event in delivery_events(before, DAYS, LONG_AGO, NOW) if event.at < changed
    ]
    again = [event for event in delivery_events(after, DAYS, LONG_AGO, NOW) if event.at < changed]
    assert again == message


def test_what_was_reported_for_a_contract_stays_when_it_is_delisted() -> None:
    listed = delivering(LONG_AGO)
    listing = dataclasses.replace(
        ContractListing(first_seen_at=LONG_AGO, last_seen_at=NOW),
        delisted_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    contract = dataclasses.replace(listed.contract, listing=listing)
    assert near(dataclasses.replace(listed, contract=contract)) == ["11-13 00 notice"]
