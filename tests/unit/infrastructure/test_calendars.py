"""Business calendars against holidays that exchanges published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from threading import Thread

import holidays
import pytest
from holidays.financial.ny_stock_exchange import NewYorkStockExchange

from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case

CALENDAR = HolidayCalendar()
MARKETS = (
    "us", "uk", "us_uk", "europe", "ice_energy", "japan", "hong_kong", "singapore", "korea",
    "india", "australia",
)  # fmt: skip


def closed_weekdays(market: str, year: int) -> list[str]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    return [
        f"{day:%m-%d}"
        for day in days
        if day.weekday() < 5 and not CALENDAR.is_business_day(day, market)
    ]


def is_closed(market: str, day: str) -> bool:
    return not CALENDAR.is_business_day(date.fromisoformat(day), market)


def test_the_us_holidays_of_2026_are_those_published_by_cme() -> None:
    assert closed_weekdays("us", 2026) == [
        "01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25",
    ]  # fmt: skip


def test_the_us_new_year_on_a_saturday_is_not_observed() -> None:
    assert not is_closed("us", "2021-12-31")
    assert is_closed("us", "2023-01-02")


def test_juneteenth_is_kept_from_2022_on() -> None:
    assert not is_closed("us", "2020-06-19")
    assert is_closed("us", "2022-06-20")
    assert is_closed("us", "2027-06-18")


@one_case("day", ["2018-12-05", "2025-01-09"])
def test_futures_trade_on_days_of_mourning(day: str) -> None:
    assert not is_closed("us", day)


def test_christmas_on_a_weekend_moves_past_boxing_day_in_london() -> None:
    assert is_closed("uk", "2021-12-27")
    assert is_closed("uk", "2021-12-28")


def test_oil_in_london_trades_when_christmas_is_made_up_for() -> None:
    assert not is_closed("ice_energy", "2021-12-27")
    assert is_closed("ice_energy", "2025-12-25")


def test_a_market_of_two_countries_is_closed_in_the_holidays_of_either() -> None:
    assert is_closed("us_uk", "2026-11-26")
    assert is_closed("us_uk", "2026-08-31")


def test_eurex_is_closed_on_the_last_days_of_the_year() -> None:
    assert closed_weekdays("europe", 2026) == [
        "01-01", "04-03", "04-06", "05-01", "12-24", "12-25", "12-31",
    ]  # fmt: skip


def test_a_japanese_holiday_on_a_saturday_does_not_move() -> None:
    assert not is_closed("japan", "2023-02-13")
    assert is_closed("japan", "2020-05-06")


def test_the_lunar_new_year_closes_hong_kong_for_three_days() -> None:
    assert closed_weekdays("hong_kong", 2025)[:4] == ["01-01", "01-29", "01-30", "01-31"]


@one_case("market", MARKETS)
def test_every_market_closes_for_christmas_or_the_end_of_the_year_and_few_other_days(
    market: str,
) -> None:
    closed = closed_weekdays(market, 2026)
    assert {"12-25", "12-31"} & set(closed)
    assert len(closed) < 20


def test_an_unknown_market_is_refused() -> None:
    with pytest.raises(KeyError):
        CALENDAR.is_business_day(date(2026, 11, 23), "mars")


CHRISTMAS = date(2026, 12, 25)


class Interrupted(NewYorkStockExchange):
    """Holidays of which a year counts as made and is not there yet when `meanwhile` is called."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile
        super().__init__()  # type: ignore[no-untyped-call]  # theirs

    def _populate(self, year: int) -> None:
        self.meanwhile()
        super()._populate(year)


def test_no_thread_sees_a_year_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = HolidayCalendar()
    answers: list[bool] = []

    def ask() -> None:
        answers.append(calendar.is_business_day(CHRISTMAS, "us"))

    def ask_in_another_thread() -> None:
        monkeypatch.undo()
        other = Thread(target=ask)
        other.start()
        other.join()

    made = Interrupted(ask_in_another_thread)
    monkeypatch.setattr(holidays, "financial_holidays", lambda _: made)
    ask()
    ask()
    assert answers == [False, False, False]


def test_a_year_that_an_interrupt_left_half_made_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt() -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    calendar = HolidayCalendar()
    monkeypatch.setattr(holidays, "financial_holidays", lambda _: Interrupted(interrupt))
    with pytest.raises(KeyboardInterrupt):
        calendar.is_business_day(CHRISTMAS, "us")
    assert not calendar.is_business_day(CHRISTMAS, "us")
