"""The hours of a product: those of the contracts that trade on."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.hours import entries, sent_hours
from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.hours_by_day import hours_by_day_to_keep
from ibkr_sync.domain.hours.product_hours import current_hours, product_hours
from one_case import one_case

TODAY = "20261122:1700-20261123:1600"
LAST_WEEK = "20261115:1700-20261116:1600"
OPEN = "{0}:1700-{1}:1600"
JUNE = dataclasses.replace(
    MARCH, con_id=600000003, local_symbol="ESM7", last_trade_date=date(2027, 6, 18)
)


def with_hours(
    contract: FuturesContract, trading: str, liquid: str = "", zone: str | None = "America/Chicago"
) -> FuturesContract:
    schedule = sent_hours(trading, liquid)
    if zone is None:
        schedule = dataclasses.replace(schedule, trading_sessions=None, liquid_sessions=None)
    return dataclasses.replace(contract, time_zone=zone, schedule=schedule)


def product_of(*contracts: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=contracts)


def window(first: date, *forms: str) -> str:
    """A segment for each day from the first on, by its form."""
    days = (first + timedelta(days=number) for number in range(len(forms)))
    return ";".join(
        form.format(f"{day:%Y%m%d}", f"{day + timedelta(days=1):%Y%m%d}")
        for day, form in zip(days, forms, strict=True)
    )


class TestOfAProduct:
    def test_the_nearest_listed_contract_speaks_for_the_product(self) -> None:
        expired = dataclasses.replace(
            with_hours(DECEMBER, TODAY), con_id=1, last_trade_date=date(2026, 9, 18)
        )
        expired = dataclasses.replace(expired, last_trade_at=None)
        product = product_of(expired, with_hours(DECEMBER, TODAY), with_hours(MARCH, TODAY))
        assert product_hours(product, NOW).contract.local_symbol == "ESZ6"

    def test_a_contract_without_hours_is_passed_over(self) -> None:
        nearest = dataclasses.replace(DECEMBER, schedule=None)
        product = product_of(nearest, with_hours(MARCH, TODAY))
        assert product_hours(product, NOW).contract.local_symbol == "ESH7"

    def test_a_contract_with_hours_of_the_past_is_passed_over(self) -> None:
        product = product_of(with_hours(DECEMBER, LAST_WEEK), with_hours(MARCH, TODAY))
        assert product_hours(product, NOW).contract.local_symbol == "ESH7"

    def test_hours_that_cannot_be_read_give_way_to_those_of_a_sibling(self) -> None:
        unread = with_hours(DECEMBER, "20261123:all day")
        found = product_hours(product_of(unread, with_hours(MARCH, TODAY)), NOW)
        assert (found.contract.local_symbol, found.problem) == ("ESH7", None)

    @one_case(
        "unread", [with_hours(DECEMBER, TODAY, zone=None), with_hours(DECEMBER, "20261123:all day")]
    )
    def test_where_none_could_be_read_they_are_those_of_the_nearest_as_sent(
        self, unread: FuturesContract
    ) -> None:
        found = product_hours(product_of(unread, with_hours(MARCH, "20261123:never")), NOW)
        assert found.contract.local_symbol == "ESZ6"
        assert found.problem is not None
        assert found.calendar is None

    @one_case("contracts", [(), (MARCH,), (with_hours(DECEMBER, ""),)])
    def test_without_any_hours_they_are_unknown(
        self, contracts: tuple[FuturesContract, ...]
    ) -> None:
        with pytest.raises(HoursUnknownError) as caught:
            product_hours(product_of(*contracts), NOW)
        assert (caught.value.symbol, caught.value.detail) == ("ES", "none are stored")

    def test_hours_of_the_past_alone_are_unknown_with_their_end(self) -> None:
        with pytest.raises(HoursUnknownError, match="those stored ended 2026-11-16 22:00 UTC"):
            product_hours(product_of(with_hours(DECEMBER, LAST_WEEK)), NOW)

    def test_the_error_names_the_kind_that_was_asked_for(self) -> None:
        with pytest.raises(HoursUnknownError) as caught:
            product_hours(product_of(with_hours(DECEMBER, TODAY)), NOW, HoursKind.LIQUID)
        assert caught.value.kind == "liquid"


class TestWhoSpeaksForADay:
    """DECEMBER's last session ends on Friday 18 December at 08:30; MARCH trades on."""

    MONDAY = date(2026, 12, 14)
    ENDING = window(MONDAY, OPEN, OPEN, OPEN, "{0}:1700-{1}:0830", *["{0}:CLOSED"] * 4)
    WHOLE = window(MONDAY, OPEN, OPEN, OPEN, OPEN, "{0}:CLOSED", "{0}:CLOSED", OPEN, OPEN)
    LAST_EVENING = datetime(2026, 12, 18, 2, tzinfo=UTC)

    def test_the_last_session_of_a_contract_is_not_that_of_its_product(self) -> None:
        product = product_of(with_hours(DECEMBER, self.ENDING), with_hours(MARCH, self.WHOLE))
        found = product_hours(product, self.LAST_EVENING)
        assert found.calendar is not None
        assert found.calendar.sessions == tuple(
            entry for entry in entries(self.WHOLE) if hasattr(entry, "closes_at")
        )
        assert [other.local_symbol for other in found.contracts] == ["ESH7"]
        days = current_hours(product, self.LAST_EVENING)
        assert [days[day].contract.local_symbol for day in days] == ["ESZ6"] * 3 + ["ESH7"] * 5

    def test_a_product_with_one_contract_has_its_hours_to_the_end(self) -> None:
        product = product_of(with_hours(DECEMBER, self.ENDING))
        found = product_hours(product, self.LAST_EVENING)
        assert found.calendar is not None
        assert found.calendar.sessions[-1].closes_at == DECEMBER.last_trade_at

    def test_of_contracts_that_all_end_the_one_that_ends_last_speaks(self) -> None:
        friday = dataclasses.replace(
            DECEMBER, con_id=1, last_trade_date=date(2026, 12, 16), last_trade_at=None
        )
        product = product_of(
            with_hours(friday, window(self.MONDAY, OPEN, "{0}:1700-{1}:0900", "{0}:CLOSED")),
            with_hours(DECEMBER, self.ENDING),
        )
        days = current_hours(product, datetime(2026, 12, 15, tzinfo=UTC))
        assert {spoken.contract.local_symbol for spoken in days.values()} == {"ESZ6"}

    def test_a_window_that_rolled_on_goes_before_the_one_of_a_nearer_contract(self) -> None:
        """A contract about to expire sends no hours any more: those it sent last are older."""
        old = window(date(2026, 12, 15), OPEN, OPEN, OPEN)
        new = window(date(2026, 12, 16), OPEN, "{0}:CLOSED", OPEN)
        product = product_of(with_hours(DECEMBER, old), with_hours(MARCH, new))
        days = current_hours(product, datetime(2026, 12, 16, 18, tzinfo=UTC))
        assert [len(spoken.entries) for spoken in days.values()] == [1, 1, 1, 1]
        assert days[date(2026, 12, 17)].entries == entries("20261217:CLOSED")

    def test_a_weekly_one_does_not_speak_for_a_product_with_monthly_ones(self) -> None:
        weekly = dataclasses.replace(
            with_hours(DECEMBER, TODAY), con_id=7, series=ContractSeries.WEEKLY
        )
        monthly = with_hours(MARCH, TODAY)
        days = current_hours(product_of(weekly, monthly), NOW)
        assert {spoken.contract.con_id for spoken in days.values()} == {MARCH.con_id}
        alone = current_hours(product_of(weekly, MARCH), NOW)
        assert {spoken.contract.con_id for spoken in alone.values()} == {7}

    def test_only_days_are_kept_for_which_one_of_those_speaks_whose_hours_are_new(self) -> None:
        product = product_of(with_hours(DECEMBER, self.ENDING), with_hours(MARCH, self.WHOLE))
        kept = hours_by_day_to_keep(product, (), {DECEMBER.con_id}, self.LAST_EVENING)
        assert list(kept) == [date(2026, 12, day) for day in (14, 15, 16)]
        whole = hours_by_day_to_keep(product, (), {MARCH.con_id}, self.LAST_EVENING)
        assert list(whole) == [date(2026, 12, day) for day in (17, 18, 19, 20)]

    def test_a_window_of_more_than_a_year_speaks_for_no_day(self) -> None:
        product = product_of(with_hours(DECEMBER, "19700101:CLOSED;21991231:CLOSED"))
        assert current_hours(product, NOW) == {}

    @given(
        ends=st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
        now=st.integers(0, 5),
    )
    def test_who_trades_on_speaks_whoever_is_nearest(self, ends: list[int], now: int) -> None:
        """Contracts end on days of the window; of each day the hours are those of who goes on."""
        chain = []
        for number, end in enumerate(ends):
            forms = [OPEN if day < end else "{0}:CLOSED" for day in range(8)]
            contract = dataclasses.replace(
                MARCH, con_id=number + 1, last_trade_date=self.MONDAY + timedelta(days=end)
            )
            chain.append(with_hours(contract, window(self.MONDAY, *forms)))
        moment = datetime(2026, 12, 14 + now, 12, tzinfo=UTC)
        for day, spoken in current_hours(product_of(*chain), moment).items():
            number = (day - self.MONDAY).days
            listed = [end for end in ends if end >= now]
            is_open = not isinstance(spoken.entries[0], type(entries("20261217:CLOSED")[0]))
            assert is_open == any(end > number for end in listed)
