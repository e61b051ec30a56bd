"""What every keeper of hours by day promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime

import pytest

from contracts import examples
from fakes.hours import entries, sent_hours
from ibkr_sync.domain.entities.schedules import ScheduleEntries, TradingSchedule
from ibkr_sync.domain.hours.hours_by_day import current_hours_by_day
from ibkr_sync.domain.ports.kept_hours import KeptHours

KEY = examples.ES.key
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def day(of: date, form: str = "{0}:0800-{0}:1600") -> str:
    """A segment for one day."""
    return form.format(f"{of:%Y%m%d}")


class StoredHours(ABC):
    """Hours by day, and a way to store a product of `KEY` with further hours."""

    port: KeptHours

    @abstractmethod
    def store(self, *windows: TradingSchedule) -> None:
        """Store the product with each of these hours, one after the other."""


class KeptHoursContract:
    """The promises of `KeptHours`; inherit and override `stored`."""

    @pytest.fixture
    def stored(self) -> StoredHours:
        raise NotImplementedError

    def trading(self, stored: StoredHours) -> dict[date, ScheduleEntries | None]:
        return {day: hours.trading for day, hours in stored.port.hours_by_day(KEY).items()}

    def test_where_nothing_is_stored_nothing_is_kept(self, stored: StoredHours) -> None:
        assert stored.port.hours_by_day(KEY) == {}

    def test_hours_are_kept_by_day_and_given_in_order(self, stored: StoredHours) -> None:
        stored.store(examples.HOURS)
        days = stored.port.hours_by_day(KEY)
        assert days == current_hours_by_day(examples.ES, NOW)
        assert list(days) == [MONDAY, TUESDAY, WEDNESDAY]

    def test_of_another_product_nothing_is_kept(self, stored: StoredHours) -> None:
        stored.store(examples.HOURS)
        assert stored.port.hours_by_day(examples.DAX.key) == {}

    def test_days_that_the_window_has_left_stay(self, stored: StoredHours) -> None:
        stored.store(
            sent_hours(f"{day(MONDAY)};{day(TUESDAY)}"),
            sent_hours(f"{day(TUESDAY)};{day(WEDNESDAY)}"),
        )
        days = (MONDAY, TUESDAY, WEDNESDAY)
        assert self.trading(stored) == {each: entries(day(each)) for each in days}

    def test_a_day_has_what_was_said_of_it_last(self, stored: StoredHours) -> None:
        closed = day(TUESDAY, "{0}:CLOSED")
        window = f"{day(MONDAY)};{day(TUESDAY)}"
        stored.store(sent_hours(window), sent_hours(f"{day(MONDAY)};{closed}"))
        assert self.trading(stored) == {MONDAY: entries(day(MONDAY)), TUESDAY: entries(closed)}
        stored.store(sent_hours(window))
        assert self.trading(stored)[TUESDAY] == entries(day(TUESDAY))

    def test_sessions_of_the_first_day_that_are_over_stay(self, stored: StoredHours) -> None:
        morning, evening = (
            day(MONDAY, form) for form in ("{0}:0828-{0}:1630", "{0}:1708-{0}:2300")
        )
        stored.store(sent_hours(f"{morning};{evening}"), sent_hours(evening))
        assert self.trading(stored) == {MONDAY: entries(f"{morning};{evening}")}

    @pytest.mark.parametrize("text", ["whenever you like", "", "19700101:CLOSED;21991231:CLOSED"])
    def test_hours_that_cannot_be_read_are_not_kept(self, stored: StoredHours, text: str) -> None:
        stored.store(sent_hours(text))
        assert stored.port.hours_by_day(KEY) == {}
