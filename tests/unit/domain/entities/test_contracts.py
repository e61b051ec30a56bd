"""A contract: its month, what a tick is worth, and when it has expired."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock_changes import instants_near_changes
from example_products import DECEMBER, MARCH
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractState,
    FuturesContract,
)
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock
from one_case import one_case
from strategies import ZONES, contracts, instants, months

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def contract(**fields: object) -> FuturesContract:
    """A contract of which only the identity and the date are known, plus some fields."""
    return dataclasses.replace(MARCH, **fields)  # type: ignore[arg-type]


@given(months)
def test_a_contract_month_is_read_as_it_is_written_and_as_ibkr_writes_it(
    month: ContractMonth,
) -> None:
    assert ContractMonth.parse(str(month)) == month
    assert ContractMonth.parse(f"{month.year:04d}{month.month:02d}") == month


@one_case(
    "text",
    [
        *("", "2026", "202613", "202600", "20261", "2026-1", "2026/12", "20261218", " 202612"),
        *("202612\n", "-202612", "189912", "300001", "\u0662026-12"),
    ],
)
def test_what_is_no_contract_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="contract month"):
        ContractMonth.parse(text)


@given(
    st.text(max_size=12)
    | st.text("0123456789-/ \u0662\n", max_size=8)
    | st.from_regex(r"[0-9]{4}-?[0-9]{2}", fullmatch=True)
)
def test_any_text_is_read_as_the_month_it_says_or_refused(text: str) -> None:
    try:
        month = ContractMonth.parse(text)
    except ValueError:
        return
    assert text in {str(month), str(month).replace("-", "")}


def test_contract_months_are_in_order_of_time() -> None:
    assert ContractMonth(2026, 12) < ContractMonth(2027, 1)
    assert ContractMonth(2026, 9) < ContractMonth(2026, 12)


def test_a_point_is_worth_the_multiplier_over_the_magnifier() -> None:
    assert contract(multiplier=Decimal(5000), price_magnifier=100).point_value == Decimal(50)
    assert contract(multiplier=Decimal(50), price_magnifier=1).point_value == Decimal(50)
    assert contract(multiplier=Decimal(50)).point_value == Decimal(50)


def test_prices_are_magnified_and_the_smallest_increment_is_not() -> None:
    corn = contract(multiplier=Decimal(5000), price_magnifier=100, min_tick=Decimal("0.0025"))
    assert corn.quoted_tick == Decimal("0.25")
    assert corn.tick_value == Decimal("12.5")
    assert contract(min_tick=Decimal("0.25")).quoted_tick == Decimal("0.25")


def test_a_worth_that_depends_on_something_unknown_is_unknown() -> None:
    unknown = contract(price_magnifier=100)
    assert (unknown.point_value, unknown.quoted_tick, unknown.tick_value) == (None, None, None)
    assert contract(min_tick=Decimal(1)).tick_value is None
    assert contract(multiplier=Decimal(1)).tick_value is None


@given(
    st.decimals(Decimal("0.000001"), 10**6, places=6),
    st.decimals(Decimal("0.000001"), 10**6, places=6),
    st.sampled_from([None, 1, 10, 100, 10_000]),
)
def test_a_tick_is_worth_its_quoted_steps_at_their_point_value(
    multiplier: Decimal, min_tick: Decimal, magnifier: int | None
) -> None:
    each = contract(multiplier=multiplier, min_tick=min_tick, price_magnifier=magnifier)
    assert each.quoted_tick is not None
    assert each.point_value is not None
    assert each.tick_value == pytest.approx(each.quoted_tick * each.point_value)


def test_with_a_known_instant_a_contract_expires_at_that_instant() -> None:
    last = datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
    assert DECEMBER.last_trade_at == last
    assert not DECEMBER.is_expired(last - timedelta(microseconds=1))
    assert DECEMBER.is_expired(last)
    assert DECEMBER.is_expired(last.astimezone(ZoneInfo("Asia/Tokyo")))


@one_case(
    ("zone", "last_moment"),
    [
        ("America/Chicago", datetime(2027, 3, 20, 4, 59, 59, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2027, 3, 19, 14, 59, 59, tzinfo=UTC)),
        ("UTC", datetime(2027, 3, 19, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_without_an_instant_a_contract_lives_through_its_date_at_the_exchange(
    zone: str, last_moment: datetime
) -> None:
    march = contract(time_zone=zone)
    assert not march.is_expired(last_moment)
    assert march.is_expired(last_moment + timedelta(seconds=1))


@given(st.data(), st.sampled_from([*ZONES, "America/New_York"]).map(ZoneInfo))
def test_near_clock_changes_a_contract_lives_through_its_date_at_the_exchange(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    """However many hours that day has."""
    moment = data.draw(instants_near_changes(zone))
    day = moment.astimezone(zone).date()
    march = contract(last_trade_date=day, time_zone=zone.key)
    is_over = midnight_by_clock(day + timedelta(days=1), zone)
    assert not march.is_expired(moment)
    assert not march.is_expired(is_over - timedelta(microseconds=1))
    assert march.is_expired(is_over)


def test_without_a_zone_a_contract_lives_until_its_date_has_ended_everywhere() -> None:
    over_everywhere = datetime(2027, 3, 19, tzinfo=ZoneInfo("Etc/GMT+12")) + timedelta(days=1)
    assert not MARCH.is_expired(over_everywhere - timedelta(seconds=1))
    assert MARCH.is_expired(over_everywhere)


@given(contracts, instants, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_what_has_expired_stays_expired(
    each: FuturesContract, now: datetime, later: timedelta
) -> None:
    if each.is_expired(now) and now.year + later.days // 365 < 9000:
        assert each.is_expired(now + later)


@one_case("zone", [None, *ZONES])
def test_days_are_counted_to_the_last_trade_date_at_the_exchange(zone: str | None) -> None:
    march = contract(time_zone=zone)
    noon = datetime(2027, 3, 19, 12, tzinfo=ZoneInfo(zone or "UTC"))
    assert march.days_left(noon) == 0
    assert march.days_left(noon - timedelta(days=10)) == 10
    assert march.days_left(noon + timedelta(days=1)) == -1


def test_today_is_the_exchange_s_even_if_it_is_tomorrow_here() -> None:
    late_in_tokyo = datetime(2027, 3, 18, 15, 30, tzinfo=UTC)
    assert contract(time_zone="Asia/Tokyo").days_left(late_in_tokyo) == 0
    assert contract(time_zone="America/Chicago").days_left(late_in_tokyo) == 1


@one_case(
    ("missing_since", "delisted_at", "state"),
    [
        (None, None, ContractState.ACTIVE),
        (AT, None, ContractState.MISSING),
        (AT, AT, ContractState.DELISTED),
        (None, AT, ContractState.DELISTED),
    ],
)
def test_a_state_follows_from_the_listing_until_the_contract_expires(
    missing_since: datetime | None, delisted_at: datetime | None, state: ContractState
) -> None:
    listing = ContractListing(
        first_seen_at=AT, last_seen_at=AT, missing_since=missing_since, delisted_at=delisted_at
    )
    each = dataclasses.replace(DECEMBER, listing=listing)
    assert each.state(AT) is state
    assert each.state(AT + timedelta(days=300)) is ContractState.EXPIRED


def test_a_contract_that_was_never_stored_is_active_until_it_expires() -> None:
    assert MARCH.listing is None
    assert MARCH.state(AT) is ContractState.ACTIVE
    assert MARCH.state(datetime(2028, 1, 1, tzinfo=UTC)) is ContractState.EXPIRED


def test_hours_and_listing_do_not_make_two_contracts_different() -> None:
    assert dataclasses.replace(DECEMBER, schedule=None, listing=None) == DECEMBER
    assert contract(last_trade_date=date(2027, 3, 18)) != MARCH
