"""The day and instant on which a contract stops trading, in all forms that TWS has for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ibkr_sync.domain.evidence.last_trade import LastTrade
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.date_reader import (
    read_date,
    read_last_trade_date,
)
from one_case import one_case

EXCHANGE_ZONES = [
    *("America/Chicago", "America/New_York", "Europe/Berlin", "Europe/London", "Asia/Tokyo"),
    *("Asia/Hong_Kong", "Australia/Sydney", "Asia/Kolkata", "Asia/Singapore"),
]
LOGIN_ZONES = [
    *EXCHANGE_ZONES,
    *("US/Central", "US/Eastern", "GB", "Japan", "Hongkong", "Etc/GMT-5", "Etc/GMT+12"),
    *("CET", "EET", "WET", "PRC", "ROC", "NZ", "HST", "MST", "EST", "EST5EDT", "GMT", "MET"),
    *("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC", "Asia/Shanghai"),
]


DAY = timedelta(days=1)


def believed(text: str, zone: str | None, calendar_date: date | None = None) -> LastTrade:
    """What is read of a contract of which nothing is known."""
    return read_last_trade_date(text, zone, calendar_date).believed


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc,arg-type]


@one_case(
    ("text", "exchange_zone", "day", "at"),
    [
        ("20260814", "America/Chicago", date(2026, 8, 14), None),
        ("20260814", None, date(2026, 8, 14), None),
        (
            "20250620 08:30 US/Central",
            "America/Chicago",
            date(2025, 6, 20),
            utc(2025, 6, 20, 13, 30),
        ),
        (
            "20260225 19:30:00 Europe/Zurich",
            "America/New_York",
            date(2026, 2, 25),
            utc(2026, 2, 25, 18, 30),
        ),
        ("20250915 10:00:00 GB", "Europe/London", date(2025, 9, 15), utc(2025, 9, 15, 9)),
        ("20231110 12:00:00 GB", "Europe/London", date(2023, 11, 10), utc(2023, 11, 10, 12)),
        ("20231124 12:30:00 GB", "Europe/London", date(2023, 11, 24), utc(2023, 11, 24, 12, 30)),
        (
            "20241220 08:30 US/Central",
            "America/Chicago",
            date(2024, 12, 20),
            utc(2024, 12, 20, 14, 30),
        ),
        (
            "20230624 04:00:00 Asia/Shanghai",
            "America/New_York",
            date(2023, 6, 23),
            utc(2023, 6, 23, 20),
        ),
        (
            "20261218-13:30:00",
            "America/Chicago",
            date(2026, 12, 18),
            utc(2026, 12, 18, 13, 30),
        ),
        ("20261218-23:30", "Asia/Tokyo", date(2026, 12, 19), utc(2026, 12, 18, 23, 30)),
        (
            "20261218 19:30 Etc/GMT-5",
            "America/Chicago",
            date(2026, 12, 18),
            utc(2026, 12, 18, 14, 30),
        ),
        (
            "20261218  16:00:00  MET",
            "Europe/Berlin",
            date(2026, 12, 18),
            utc(2026, 12, 18, 15),
        ),
        (
            "20261218 08:30 CST (Central Standard Time)",
            "America/Chicago",
            date(2026, 12, 18),
            utc(2026, 12, 18, 14, 30),
        ),
        ("20260715 12:00 GMT", "Europe/London", date(2026, 7, 15), utc(2026, 7, 15, 12)),
        ("20260715 04:00 CTT", "America/New_York", date(2026, 7, 14), utc(2026, 7, 14, 20)),
        (
            "20260714 22:00 Central European Standard Time",
            "America/New_York",
            date(2026, 7, 14),
            utc(2026, 7, 14, 20),
        ),
        (
            "20260620 14:00 America/Belize",
            "America/Chicago",
            date(2026, 6, 20),
            utc(2026, 6, 20, 20),
        ),
        (" 20261218 ", None, date(2026, 12, 18), None),
    ],
)
def test_each_form_gives_the_exchange_s_date_and_the_instant(
    text: str, exchange_zone: str | None, day: date, at: datetime | None
) -> None:
    assert believed(text, exchange_zone) == LastTrade(date=day, at=at)


@one_case(
    ("text", "zone", "day", "hours"),
    [
        ("20260308 02:30 US/Eastern", "America/New_York", date(2026, 3, 8), (6.5, 7.5)),
        ("20260329 02:30 MET", "Europe/Berlin", date(2026, 3, 29), (0.5, 1.5)),
        ("20261101 01:30 US/Eastern", "America/New_York", date(2026, 11, 1), (5.5, 6.5)),
        ("20261025 02:30 MET", "Europe/Berlin", date(2026, 10, 25), (0.5, 1.5)),
    ],
)
def test_a_time_that_a_clock_change_skips_or_repeats_keeps_its_day(
    text: str, zone: str, day: date, hours: tuple[float, float]
) -> None:
    """And its instant, in hours UTC of that day, is one of both that may be meant."""
    read = believed(text, zone)
    assert read.date == day
    assert read.at in {
        utc(day.year, day.month, day.day) + timedelta(hours=other) for other in hours
    }


@one_case(
    "text",
    [
        *(
            "",
            " ",
            "0",
            "NOEXP",
            "202612",
            "2026-12-18",
            "2026121",
            "202612180",
            "ES       MAR2021",
        ),
        *("99999999", "00000000", "20261301", "20260230", "19691231", "22000101"),
        *(
            "20261218 24:00 GB",
            "20261218 8:30 GB",
            "20261218 08:30:60 GB",
            "20261218 08:30:00.5 GB",
        ),
        *("20261218 GB", "20261218-", "20261218-08:30 GB", "2026121808:30", "20261218T08:30"),
        *("20261218 08:30 US/Central\nx", "\u0662\u0660261218", "20261218 08:3\u0660 GB"),
        *("20261218 24:00:00 GB", "20261218 25:00 GB", "20261218 08:60 GB", "20261218-24:00"),
        *("22000101 08:30 GB", "21991231 23:30 US/Eastern", "19700101 00:30 Japan"),
    ],
)
def test_what_is_none_of_them_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reason
        read_last_trade_date(text, "America/Chicago", None)


@one_case(
    "text",
    [
        "20261218 08:30",
        "20261218 08:30 Middle/Earth",
        "20261218 08:30 BST",
        "20261218 08:30:00 中国标准时间",
        "20261218 08:30:00 " + "中国标准时间".encode("gbk").decode("latin-1"),
    ],
)
@one_case(
    ("calendar_date", "expected"),
    [
        (None, date(2026, 12, 18)),
        (date(2026, 12, 18), date(2026, 12, 18)),
        (date(2026, 12, 17), date(2026, 12, 17)),
        (date(2026, 12, 19), date(2026, 12, 19)),
    ],
)
def test_where_the_zone_is_unknown_last_trade_date_decides_else_the_text(
    text: str, calendar_date: date | None, expected: date
) -> None:
    assert believed(text, "America/Chicago", calendar_date) == LastTrade(date=expected)


def test_a_contract_that_is_known_keeps_its_date_where_an_unknown_zone_may_have_moved_it() -> None:
    read = read_last_trade_date("20261218 08:30 Middle/Earth", "America/Chicago", None)
    for day in (date(2026, 12, 17), date(2026, 12, 18), date(2026, 12, 19)):
        assert read.given(day) == LastTrade(date=day)
    for other in (date(2026, 12, 16), date(2026, 12, 20), None):
        assert read.given(other) == LastTrade(date=date(2026, 12, 18))
    assert not read.is_contradicted


def test_without_the_exchange_s_zone_the_instant_is_known_and_last_trade_date_decides() -> None:
    shifted = "20230624 04:00:00 Asia/Shanghai"
    at = utc(2023, 6, 23, 20)
    assert believed(shifted, None, date(2023, 6, 23)) == LastTrade(date=date(2023, 6, 23), at=at)
    assert believed(shifted, None) == LastTrade(date=date(2023, 6, 24), at=at)
    read = read_last_trade_date(shifted, None, None)
    assert read.given(date(2023, 6, 23)) == LastTrade(date=date(2023, 6, 23), at=at)


@one_case("calendar_date", [date(2026, 12, 17), date(2026, 12, 19)])
def test_a_day_beside_a_known_instant_is_no_contradiction(calendar_date: date) -> None:
    read = read_last_trade_date("20261218 08:30 US/Central", "America/Chicago", calendar_date)
    expected = LastTrade(date=date(2026, 12, 18), at=utc(2026, 12, 18, 14, 30))
    assert (read.believed, read.others, read.is_contradicted) == (expected, (), False)


@one_case(
    ("text", "by_text"),
    [
        (
            "20261218 08:30 US/Central",
            LastTrade(date=date(2026, 12, 18), at=utc(2026, 12, 18, 14, 30)),
        ),
        ("20261218 08:30 Middle/Earth", LastTrade(date=date(2026, 12, 18))),
        ("20261218", LastTrade(date=date(2026, 12, 18))),
    ],
)
def test_of_dates_further_apart_the_known_one_is_kept_else_the_earlier(
    text: str, by_text: LastTrade
) -> None:
    later, earlier = date(2027, 1, 18), date(2026, 12, 16)
    read = read_last_trade_date(text, "America/Chicago", later)
    assert read.is_contradicted
    assert read.believed == read.given(by_text.date) == read.given(date(2020, 1, 1)) == by_text
    assert read.given(later) == LastTrade(date=later)
    read = read_last_trade_date(text, "America/Chicago", earlier)
    assert read.is_contradicted
    assert read.believed == read.given(earlier) == read.given(None) == LastTrade(date=earlier)
    assert read.given(by_text.date) == by_text


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - made aware below
    st.sampled_from(EXCHANGE_ZONES),
    st.sampled_from(LOGIN_ZONES),
    st.booleans(),
)
def test_an_instant_reads_the_same_under_any_login_zone(
    naive: datetime, exchange_zone: str, login_zone: str, to_the_second: bool
) -> None:
    at = naive.replace(second=naive.second if to_the_second else 0, microsecond=0, tzinfo=UTC)
    local = at.astimezone(ZoneInfo(login_zone))
    assume(local.replace(fold=0).astimezone(UTC) == at)  # else the text names two instants
    form = "%Y%m%d %H:%M:%S" if to_the_second else "%Y%m%d %H:%M"
    read = believed(f"{local:{form}} {login_zone}", exchange_zone)
    assert read == LastTrade(date=at.astimezone(ZoneInfo(exchange_zone)).date(), at=at)


TEXTS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789 :-/ABCGMTUSa\u0660\n\x00", max_size=30),
    st.from_regex(r"[0-9]{8}[ -]?([0-9]{2}:[0-9]{2})?( \S+)?", fullmatch=True),
)


@given(TEXTS, st.sampled_from([None, *EXCHANGE_ZONES]), st.none() | st.dates())
def test_no_text_fails_in_another_way_than_being_refused(
    text: str, exchange_zone: str | None, other: date | None
) -> None:
    try:
        read = read_last_trade_date(text, exchange_zone, other)
    except ValueError:
        return
    for trade in (read.believed, *read.others):
        assert other is not None or abs(trade.date - read_date(text.strip()[:8])) <= DAY * 2
        assert trade.at is None or trade.at.utcoffset() == timedelta(0)
        if trade.at is not None and exchange_zone is not None:
            assert trade.date == trade.at.astimezone(ZoneInfo(exchange_zone)).date()


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.sampled_from(EXCHANGE_ZONES),
)
def test_an_instant_in_the_utc_form_is_read_back(at: datetime, exchange_zone: str) -> None:
    at = at.replace(microsecond=0)
    read = believed(f"{at:%Y%m%d-%H:%M:%S}", exchange_zone)
    assert read == LastTrade(date=at.astimezone(ZoneInfo(exchange_zone)).date(), at=at)


LIKELY_DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))


@given(LIKELY_DAYS)
def test_a_date_is_read_from_eight_digits(day: date) -> None:
    assert read_date(f"{day:%Y%m%d}") == day
    assert believed(f"{day:%Y%m%d}", None) == LastTrade(date=day, at=None)


@given(
    st.text(max_size=12)
    | st.text("0123456789-/ \u0662", max_size=10)
    | st.from_regex(r"[012][0-9]{3}[01][0-9][0-3][0-9]", fullmatch=True)
)
def test_any_text_is_read_as_the_date_it_says_or_refused(text: str) -> None:
    try:
        day = read_date(text)
    except ValueError:
        return
    assert f"{day:%Y%m%d}" == text


@one_case("text", ["", "2026-12-18", "20261218 ", "+2026121", "19691231", "22000101"])
def test_a_date_in_another_form_or_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        read_date(text)
