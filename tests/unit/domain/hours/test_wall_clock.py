"""Wall times and the instants they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clock_changes import wall_times_near_changes, zones
from ibkr_sync.domain.hours.wall_clock import instant_of_wall_clock, midnight_by_clock
from one_case import one_case

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)


def first_instant_by_search(wall: datetime, zone: ZoneInfo) -> datetime:
    """The same by brute force: ask the zone database minute by minute what the clock shows."""
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=27)
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += MINUTE
    return instant


def test_an_ordinary_time_has_the_offset_of_its_season() -> None:
    winter, summer = datetime(2026, 1, 5, 17), datetime(2026, 7, 6, 17)  # noqa: DTZ001 - wall times
    assert instant_of_wall_clock(winter, CHICAGO) == datetime(2026, 1, 5, 23, tzinfo=UTC)
    assert instant_of_wall_clock(summer, CHICAGO) == datetime(2026, 7, 6, 22, tzinfo=UTC)


@one_case("minute", [0, 1, 30, 59])
def test_a_skipped_time_is_the_moment_of_the_jump(minute: int) -> None:
    skipped = datetime(2026, 3, 8, 2, minute)  # noqa: DTZ001 - a wall time
    assert instant_of_wall_clock(skipped, CHICAGO) == datetime(2026, 3, 8, 8, tzinfo=UTC)


def test_a_time_that_occurs_twice_is_its_first_occurrence() -> None:
    twice = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001 - a wall time
    assert instant_of_wall_clock(twice, CHICAGO) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_whole_day_that_was_skipped_is_the_moment_of_the_jump() -> None:
    apia = ZoneInfo("Pacific/Apia")  # crossed the date line: there was no 30 December 2011
    assert midnight_by_clock(date(2011, 12, 30), apia) == midnight_by_clock(
        date(2011, 12, 31), apia
    )
    assert midnight_by_clock(date(2011, 12, 31), apia) == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_midnight_that_is_skipped_is_when_its_day_begins() -> None:
    assert midnight_by_clock(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == datetime(
        2018, 11, 4, 3, tzinfo=UTC
    )


@given(st.data(), zones)
def test_near_clock_changes_a_wall_time_is_what_the_zone_database_says(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    wall = data.draw(wall_times_near_changes(zone))
    assert instant_of_wall_clock(wall, zone) == first_instant_by_search(wall, zone)


@given(st.data(), zones)
def test_a_later_wall_time_is_never_an_earlier_instant(data: st.DataObject, zone: ZoneInfo) -> None:
    wall = data.draw(wall_times_near_changes(zone))
    later = wall + timedelta(minutes=data.draw(st.integers(0, 3000)))
    assert instant_of_wall_clock(wall, zone) <= instant_of_wall_clock(later, zone)
