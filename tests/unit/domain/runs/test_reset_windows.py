"""When IBKR resets its servers, and what that means for a daily run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ibkr_sync.domain.runs.reset_windows import NEW_YORK, RESET_WINDOWS, ResetTime, met_windows
from one_case import one_case

AN_HOUR = timedelta(hours=1)
NOVEMBER = date(2026, 11, 23)
NORTH_AMERICA = RESET_WINDOWS[0]
WEEKEND = RESET_WINDOWS[-1]


def new_york(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(NEW_YORK))


@one_case(
    ("start", "met"),
    [
        (new_york(23, 22, 44), False),
        (new_york(23, 22, 46), True),
        (new_york(23, 23, 50), True),
        (new_york(24, 0, 0), True),
        (new_york(24, 1, 44), True),
        (new_york(24, 1, 45), False),
        (datetime(2026, 11, 24, 5, 30, tzinfo=UTC), True),
    ],
)
def test_a_run_meets_a_window_that_it_overlaps_also_over_midnight(
    start: datetime, met: bool
) -> None:
    assert NORTH_AMERICA.meets(start, AN_HOUR) is met


@one_case(
    ("day", "hour", "met"),
    [(27, 23, True), (28, 2, True), (28, 3, False), (26, 23, False), (27, 2, False)],
)
def test_the_weekend_window_begins_on_fridays_alone(day: int, hour: int, met: bool) -> None:
    assert WEEKEND.meets(new_york(day, hour, 5), timedelta(minutes=45)) is met


def test_a_long_run_meets_what_comes_days_later() -> None:
    assert WEEKEND.meets(new_york(23, 4, 30), timedelta(days=6))


def test_half_past_four_in_new_york_meets_no_window_in_the_whole_year() -> None:
    at = ResetTime(at=time(4, 30), zone=NEW_YORK)

    assert met_windows(at.days(NOVEMBER), timedelta(minutes=45)) == ()


@one_case(
    ("at", "zone", "region"),
    [
        (time(0, 30), NEW_YORK, "North America"),
        (time(6, 30), "Europe/Berlin", "Europe"),
        (time(5, 0), "Asia/Hong_Kong", "Asia"),
        (time(16, 45), NEW_YORK, "Asia"),
        (time(2, 30), NEW_YORK, "all regions"),
    ],
)
def test_a_time_in_a_window_is_reported_by_its_region(at: time, zone: str, region: str) -> None:
    met = met_windows(ResetTime(at=at, zone=zone).days(NOVEMBER), timedelta(minutes=10))

    assert region in {window.region for window in met}


def test_another_clock_shows_one_time_where_both_zones_change_together() -> None:
    at = ResetTime(at=time(4, 30), zone=NEW_YORK)

    seen = at.seen_by(NOVEMBER, lambda item: item.astimezone(ZoneInfo("America/Chicago")))

    assert seen == {time(3, 30): 366}


def test_another_clock_shows_two_times_where_the_zones_change_on_different_days() -> None:
    at = ResetTime(at=time(4, 30), zone=NEW_YORK)

    seen = at.seen_by(NOVEMBER, lambda item: item.astimezone(ZoneInfo("Europe/Berlin")))

    assert seen.keys() == {time(10, 30), time(9, 30)}
    assert seen[time(10, 30)] > 300


def test_windows_and_times_read_well() -> None:
    assert str(NORTH_AMERICA) == "North America 23:45-01:45 New York time"
    assert str(WEEKEND) == "all regions 23:00-03:00 New York time on Fridays"
    assert str(ResetTime(at=time(4, 30), zone=NEW_YORK)) == "04:30 America/New_York"
