"""Hours as IBKR sends them, read into UTC sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clock_changes import instants_near_changes, wall_times_near_changes, zones
from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.schedules import ClosedDay
from ibkr_sync.domain.hours.wall_clock import instant_of_wall_clock
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.schedule import SCHEDULES, scheduled_hours
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.trading_hours import (
    read_trading_hours,
)
from one_case import one_case
from recorded_es import LIQUID_HOURS, TRADING_HOURS

CALENDAR = HolidayCalendar()

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)


def read_local(text: str, zone: ZoneInfo = CHICAGO) -> list[str]:
    """The sessions as the exchange's clock shows them, `20250521:1700-20250522:1600`."""
    return [
        "-".join(
            f"{instant.astimezone(zone):%Y%m%d:%H%M}"
            for instant in (session.opens_at, session.closes_at)
        )
        for session in read_trading_hours(text, zone).sessions
    ]


def read_closed(text: str) -> list[str]:
    return [f"{day.date:%Y%m%d}" for day in read_trading_hours(text, CHICAGO).closed_days]


class TestFormatWithBothDates:
    """The format since TWS 970."""

    def test_the_recorded_trading_hours_of_es_are_read_into_utc(self) -> None:
        """An overnight session is dated by its start; Memorial Day's ends at noon."""
        calendar = read_trading_hours(TRADING_HOURS, CHICAGO)
        assert [(session.opens_at, session.closes_at) for session in calendar.sessions] == [
            (datetime(2025, 5, 21, 22, tzinfo=UTC), datetime(2025, 5, 22, 21, tzinfo=UTC)),
            (datetime(2025, 5, 22, 22, tzinfo=UTC), datetime(2025, 5, 23, 21, tzinfo=UTC)),
            (datetime(2025, 5, 25, 22, tzinfo=UTC), datetime(2025, 5, 26, 17, tzinfo=UTC)),
            (datetime(2025, 5, 26, 22, tzinfo=UTC), datetime(2025, 5, 27, 21, tzinfo=UTC)),
            (datetime(2025, 5, 27, 22, tzinfo=UTC), datetime(2025, 5, 28, 21, tzinfo=UTC)),
        ]
        assert calendar.closed_days == (ClosedDay(date=date(2025, 5, 24)),)
        assert calendar.time_zone is CHICAGO

    def test_the_recorded_liquid_hours_of_es_have_overnight_sessions_too(self) -> None:
        """The holiday's and the last one are the whole overnight session."""
        assert read_local(LIQUID_HOURS) == [
            "20250522:0830-20250522:1600",
            "20250523:0830-20250523:1600",
            "20250525:1700-20250526:1200",
            "20250527:0830-20250527:1600",
            "20250527:1700-20250528:1600",
        ]
        assert read_closed(LIQUID_HOURS) == ["20250524"]

    @one_case(
        ("text", "zone", "first_opening"),
        [
            pytest.param(
                "20180323:0400-20180323:2000;20180326:0400-20180326:2000",
                "America/New_York",
                datetime(2018, 3, 23, 8, tzinfo=UTC),
                id="as documented",
            ),
            pytest.param(
                "20240728:1900-20240729:0745;20240729:0830-20240729:1320",
                "America/Chicago",
                datetime(2024, 7, 29, 0, tzinfo=UTC),
                id="mini soybeans",
            ),
            pytest.param(
                "20231016:0828-20231016:1630;20231016:1708-20231017:0700",
                "Australia/Sydney",
                datetime(2023, 10, 15, 21, 28, tzinfo=UTC),
                id="SNFE",
            ),
            pytest.param(
                "20260701:1800-20260702:0600;20260702:0845-20260702:1545",
                "Asia/Tokyo",
                datetime(2026, 7, 1, 9, tzinfo=UTC),
                id="KSE",
            ),
        ],
    )
    def test_sessions_are_read_as_sent_in_the_exchange_s_zone(
        self, text: str, zone: str, first_opening: datetime
    ) -> None:
        assert read_local(text, ZoneInfo(zone)) == text.split(";")
        assert read_trading_hours(text, ZoneInfo(zone)).sessions[0].opens_at == first_opening

    def test_a_month_of_hours_is_read_whole(self) -> None:
        """TWS sends so much when it is set to expose the entire schedule."""
        days = [date(2026, 11, 23) + timedelta(days=number) for number in range(35)]
        text = ";".join(f"{day:%Y%m%d}:0400-{day:%Y%m%d}:2000" for day in days)
        assert read_local(text) == text.split(";")

    def test_empty_segments_are_passed_over_wherever_they_stand(self) -> None:
        session = "20240728:1900-20240729:0745"
        assert read_local(f";{session};;") == [session]

    @one_case("text", ["", ";", " ; "])
    def test_hours_that_say_nothing_are_an_empty_calendar(self, text: str) -> None:
        calendar = read_trading_hours(text, CHICAGO)
        assert (calendar.sessions, calendar.closed_days) == ((), ())

    def test_sessions_that_follow_at_once_are_kept_as_sent(self) -> None:
        text = "20231016:0700-20231016:1830;20231016:1830-20231016:2330"
        assert read_local(text) == text.split(";")

    def test_segments_out_of_order_are_put_in_order(self) -> None:
        first, second = "20231016:0828-20231016:1630", "20231017:0828-20231017:1630"
        assert read_local(f"{second};{first}") == [first, second]
        assert read_closed("20231022:CLOSED;20231021:CLOSED") == ["20231021", "20231022"]

    def test_what_is_sent_twice_is_there_once(self) -> None:
        text = "20231016:0828-20231016:1630"
        assert read_local(f"{text};{text}") == [text]
        assert read_closed("20231021:CLOSED;20231021:CLOSED") == ["20231021"]

    @one_case("midnight", ["20260106:0000", "20260105:2400", "20260105:24:00"])
    def test_a_session_may_last_until_midnight(self, midnight: str) -> None:
        assert read_local(f"20260105:0930-{midnight}") == ["20260105:0930-20260106:0000"]

    def test_a_session_over_several_days_is_one(self) -> None:
        text = "20260501:1700-20260504:1600"
        assert read_local(text) == [text]


class TestFormatWithTradeDates:
    """The format until TWS 969."""

    def test_the_documented_example_has_two_sessions_on_its_date(self) -> None:
        text = "20090507:0700-1830,1830-2330;20090508:CLOSED"
        assert read_local(text) == ["20090507:0700-20090507:1830", "20090507:1830-20090507:2330"]
        assert read_closed(text) == ["20090508"]

    def test_the_first_session_starts_on_the_evening_before_when_it_runs_overnight(self) -> None:
        assert read_local("20180416:1700-1515,1530-1600") == [
            "20180415:1700-20180416:1515",
            "20180416:1530-20180416:1600",
        ]
        assert read_local("20161116:1900-0745,0830-1320") == [
            "20161115:1900-20161116:0745",
            "20161116:0830-20161116:1320",
        ]

    def test_a_currency_pair_trades_from_sunday_evening_to_friday_afternoon(self) -> None:
        text = "20180323:1715-1700;20180324:CLOSED;20180325:CLOSED;20180326:1715-1700"
        calendar = read_trading_hours(text, ZoneInfo("America/New_York"))
        friday, sunday = (
            datetime(2018, 3, day, 18, tzinfo=ZoneInfo("America/New_York")) for day in (23, 25)
        )
        assert calendar.is_open(friday) is False
        assert calendar.is_open(sunday) is True

    def test_a_later_session_that_runs_overnight_ends_on_the_morning_after(self) -> None:
        assert read_local("20161116:0915-1200,1300-1630,1715-0100") == [
            "20161116:0915-20161116:1200",
            "20161116:1300-20161116:1630",
            "20161116:1715-20161117:0100",
        ]

    @one_case("end", ["0000", "2400"])
    def test_an_end_at_midnight_is_the_end_of_the_day(self, end: str) -> None:
        assert read_local(f"20120820:0000-1700,1715-{end}") == [
            "20120820:0000-20120820:1700",
            "20120820:1715-20120821:0000",
        ]

    def test_a_day_without_a_break_lasts_from_midnight_to_midnight(self) -> None:
        assert read_local("20120820:0000-0000") == ["20120820:0000-20120821:0000"]

    def test_both_formats_may_stand_in_one_text(self) -> None:
        text = "20180416:0900-1000;20180417:0900-20180417:1000"
        assert read_local(text) == ["20180416:0900-20180416:1000", "20180417:0900-20180417:1000"]


class TestClockChanges:
    def test_the_offset_is_that_of_the_day(self) -> None:
        friday, monday = read_trading_hours(
            "20261030:0830-20261030:1600;20261102:0830-20261102:1600", CHICAGO
        ).sessions
        assert friday.opens_at == datetime(2026, 10, 30, 13, 30, tzinfo=UTC)
        assert monday.opens_at == datetime(2026, 11, 2, 14, 30, tzinfo=UTC)

    def test_a_session_over_the_change_lasts_an_hour_more_or_less(self) -> None:
        autumn = read_trading_hours("20261031:2000-20261101:2000", CHICAGO).sessions[0]
        spring = read_trading_hours("20260307:2000-20260308:2000", CHICAGO).sessions[0]
        assert autumn.duration == timedelta(hours=25)
        assert spring.duration == timedelta(hours=23)

    def test_a_session_that_opens_in_the_skipped_hour_opens_at_the_jump(self) -> None:
        session = read_trading_hours("20260308:0230-20260308:0400", CHICAGO).sessions[0]
        assert session.opens_at == datetime(2026, 3, 8, 8, tzinfo=UTC)
        assert session.closes_at == datetime(2026, 3, 8, 9, tzinfo=UTC)

    def test_a_session_wholly_in_the_skipped_hour_does_not_take_place(self) -> None:
        assert read_local("20260308:0215-20260308:0245;20260308:0245-20260308:0300") == []

    def test_sessions_that_meet_in_the_repeated_hour_meet_once(self) -> None:
        first, second = read_trading_hours(
            "20261101:0000-20261101:0130;20261101:0130-20261101:0300", CHICAGO
        ).sessions
        assert first.closes_at == second.opens_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
        assert second.duration == timedelta(hours=2, minutes=30)


@one_case(
    ("segment", "reason"),
    [
        ("20260105", "neither"),
        ("20260105:", "neither"),
        ("20260105:closed", "neither"),
        ("20260105:CLOSED,0900-1000", "neither"),
        ("20260105:0900", "neither"),
        ("0900-1000", "no date"),
        ("20260105:0900-1000,", "neither"),
        ("20260105:900-1000", "neither"),
        ("20260105:0900-1000-1100", "neither"),
        ("20261305:0900-1000", "month"),
        ("20260230:CLOSED", "day"),
        ("00010101:1700-1600", "year"),
        ("99991231:2300-2400", "year"),
        ("20260105:0960-1000", "minute"),
        ("20260105:2500-1000", "hour"),
        ("20260105:2401-1000", "hour"),
        ("20260105:0900-20260105:0800", "closes before it opens"),
        ("20260105:0900-20260105:0900", "closes before it opens"),
        ("20260105:0900-20260113:0900", "more than a week"),
        ("20260105:0900-1200,1100-1300", "order"),
        ("20260105:0900-1200,0800-0830", "order"),
        ("٢٠٢٦٠١٠٥:CLOSED", "neither"),
    ],
)
def test_a_malformed_segment_is_named(segment: str, reason: str) -> None:
    text = f"20260102:0830-20260102:1600;{segment};20260106:CLOSED"
    with pytest.raises(ValueError, match=reason) as caught:
        read_trading_hours(text, CHICAGO)
    assert str(caught.value).startswith(repr(segment))


def test_a_very_long_segment_is_named_by_its_beginning() -> None:
    with pytest.raises(ValueError, match="neither") as caught:
        read_trading_hours("9" * 100_000, CHICAGO)
    assert len(str(caught.value)) < 200


def test_sessions_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'20260105:1100-20260105:1300': overlaps another"):
        read_trading_hours("20260105:0900-20260105:1200;20260105:1100-20260105:1300", CHICAGO)


@one_case("name", SCHEDULES)
def test_the_hours_of_the_sample_can_be_read_and_cover_the_day_they_are_sent(name: str) -> None:
    zone = ZoneInfo(iana_zone(SCHEDULES[name].time_zone_id) or "")
    noon = datetime.combine(date(2026, 11, 23), time(12), zone)
    for text in scheduled_hours(SCHEDULES[name], CALENDAR, noon.date()):
        calendar = read_trading_hours(text, zone)
        assert calendar.is_open(noon) is not None
        assert calendar.known_until is not None
        assert calendar.known_until > noon + timedelta(days=4)


def written(walls: list[datetime]) -> str:
    """Sessions between each two of the wall times, in the format with both dates."""
    pairs = zip(walls[::2], walls[1::2], strict=True)
    return ";".join(f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}" for opens, closes in pairs)


@given(st.data(), zones, st.integers(1, 4))
def test_what_a_clock_shows_is_read_back_as_the_same_instants(
    data: st.DataObject, zone: ZoneInfo, count: int
) -> None:
    start = data.draw(instants_near_changes(zone))
    steps = data.draw(st.lists(st.integers(1, 900), min_size=2 * count, max_size=2 * count))
    instants = [start + sum(steps[:index]) * MINUTE for index in range(len(steps))]
    local = [instant.astimezone(zone) for instant in instants]
    assume(not any(moment.fold for moment in local))  # the second of two equal times can't be told
    sessions = read_trading_hours(written(local), zone).sessions
    assert [at for session in sessions for at in (session.opens_at, session.closes_at)] == instants


@given(st.data(), zones, st.integers(1, 4))
def test_any_wall_times_in_order_give_sessions_in_order(
    data: st.DataObject, zone: ZoneInfo, count: int
) -> None:
    start = data.draw(wall_times_near_changes(zone))
    steps = data.draw(st.lists(st.integers(1, 200), min_size=2 * count, max_size=2 * count))
    walls = [start + sum(steps[:index]) * MINUTE for index in range(len(steps))]
    expected = [
        (instant_of_wall_clock(opens, zone), instant_of_wall_clock(closes, zone))
        for opens, closes in zip(walls[::2], walls[1::2], strict=True)
    ]
    sessions = read_trading_hours(written(walls), zone).sessions
    assert [(session.opens_at, session.closes_at) for session in sessions] == [
        (opens, closes) for opens, closes in expected if opens < closes
    ]


@given(
    zones,
    st.dates(date(1980, 1, 2), date(2060, 12, 30)),
    st.lists(st.integers(1, 24 * 60 - 1), min_size=3, max_size=7, unique=True),
)
def test_both_formats_say_the_same(zone: ZoneInfo, trade_date: date, minutes: list[int]) -> None:
    *rest, evening = sorted(minutes)
    if len(rest) % 2 == 0:
        rest = rest[1:]
    midnight = datetime.combine(trade_date, time.min)
    walls = [midnight - timedelta(days=1) + evening * MINUTE]
    walls += [midnight + minute * MINUTE for minute in rest]
    pairs = zip(walls[::2], walls[1::2], strict=True)
    older = f"{trade_date:%Y%m%d}:" + ",".join(f"{o:%H%M}-{c:%H%M}" for o, c in pairs)
    assert read_trading_hours(older, zone) == read_trading_hours(written(walls), zone)


almost_hours = st.lists(
    st.sampled_from(
        ["20260308", "20261101", ":", "-", ",", ";", "CLOSED", "0000", "0230", "1700", "2400", " "]
    ),
    max_size=24,
).map("".join)


@given(st.one_of(st.text(max_size=60), st.text("0123456789:-,;", max_size=60), almost_hours), zones)
def test_any_text_is_read_into_sessions_in_order_or_refused(text: str, zone: ZoneInfo) -> None:
    try:
        calendar = read_trading_hours(text, zone)
    except ValueError:
        return
    assert all(session.opens_at < session.closes_at for session in calendar.sessions)
    assert all(a.closes_at <= b.opens_at for a, b in pairwise(calendar.sessions))
