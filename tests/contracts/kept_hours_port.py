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
from one_case import one_case

KEY = examples.ES.key
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))


NEXT_WEEK = date(2026, 11, 30)
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
        current = current_hours_by_day(examples.ES, NOW)
        assert days == {day: current[day] for day in (MONDAY, TUESDAY)}
        assert list(days) == [MONDAY, TUESDAY]

    def test_of_another_product_nothing_is_kept(self, stored: StoredHours) -> None:
        stored.store(examples.HOURS)
        assert stored.port.hours_by_day(examples.DAX.key) == {}

    def test_days_that_the_window_has_left_stay(self, stored: StoredHours) -> None:
        stored.store(
            sent_hours(f"{day(MONDAY)};{day(TUESDAY)}"),
            sent_hours(f"{day(TUESDAY)};{day(WEDNESDAY)}"),
            sent_hours(day(NEXT_WEEK)),
        )
        days = (MONDAY, TUESDAY, WEDNESDAY)
        assert self.trading(stored) == {other: entries(day(other)) for other in days}

    def test_the_last_day_of_a_window_is_kept_when_the_next_one_comes(
        self, stored: StoredHours
    ) -> None:
        """IBKR's last liquid session is the whole night; of Tuesday it is corrected next day."""
        night, morning = (day(TUESDAY, form) for form in ("{0}:1700-{0}:2300", "{0}:0830-{0}:1500"))
        stored.store(sent_hours(f"{day(MONDAY)};{night}"))
        assert list(self.trading(stored)) == [MONDAY]
        stored.store(sent_hours(f"{morning};{day(WEDNESDAY)}"))
        assert self.trading(stored)[TUESDAY] == entries(morning)

    def test_of_two_kinds_the_one_that_ends_first_ends_what_is_whole(
        self, stored: StoredHours
    ) -> None:
        stored.store(
            sent_hours(
                f"{day(MONDAY)};{day(TUESDAY)};{day(WEDNESDAY)}", f"{day(MONDAY)};{day(TUESDAY)}"
            )
        )
        assert list(self.trading(stored)) == [MONDAY]

    def test_a_day_has_what_was_said_of_it_last(self, stored: StoredHours) -> None:
        closed, later = day(TUESDAY, "{0}:CLOSED"), day(WEDNESDAY)
        window = f"{day(MONDAY)};{day(TUESDAY)};{later}"
        stored.store(sent_hours(window), sent_hours(f"{day(MONDAY)};{closed};{later}"))
        assert self.trading(stored) == {MONDAY: entries(day(MONDAY)), TUESDAY: entries(closed)}
        stored.store(sent_hours(window))
        assert self.trading(stored)[TUESDAY] == entries(day(TUESDAY))

    def test_sessions_of_the_first_day_that_are_over_stay(self, stored: StoredHours) -> None:
        morning, evening = (
            day(MONDAY, form) for form in ("{0}:0828-{0}:1630", "{0}:1708-{0}:2300")
        )
        later = day(TUESDAY)
        stored.store(sent_hours(f"{morning};{evening};{later}"), sent_hours(f"{evening};{later}"))
        assert self.trading(stored) == {MONDAY: entries(f"{morning};{evening}")}

    @one_case("text", ["whenever you like", "", "19700101:CLOSED;21991231:CLOSED"])
    def test_hours_that_cannot_be_read_are_not_kept(self, stored: StoredHours, text: str) -> None:
        stored.store(sent_hours(text))
        assert stored.port.hours_by_day(KEY) == {}
