"""IBKR's time zone ids, mapped to the zone database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.catalogue import iana_zone, login_zone
from ibkr_sync.catalogue.csv_tables import read_table
from one_case import one_case

ROWS = list(read_table("time_zones"))
LONG_FORMS = [row["ib_id"] for row in ROWS if "(" in row["ib_id"]]


@one_case("row", ROWS)
def test_every_id_of_the_table_means_a_zone_that_exists(row: dict[str, str]) -> None:
    assert iana_zone(row["ib_id"]) == row["iana"]
    assert ZoneInfo(row["iana"]).key == row["iana"]


@one_case(
    ("zone", "ids"),
    [
        ("America/Chicago", ["US/Central", "CST", "CST (Central Standard Time)"]),
        ("America/Chicago", ["Central Standard Time", "CTT", "America/Belize"]),
        ("America/New_York", ["US/Eastern", "EST", "EST (Eastern Standard Time)", "EST5EDT"]),
        ("America/Los_Angeles", ["US/Pacific", "PST"]),
        ("Europe/London", ["GB-Eire", "GB", "Europe/London", "GMT", "GMT (Greenwich Mean Time)"]),
        ("Europe/London", ["BST (British Summer Time)", "British Summer Time"]),
        ("Europe/Berlin", ["MET", "MET (Middle Europe Time)"]),
        ("Asia/Tokyo", ["Japan", "JST", "JST (Japan Standard Time)"]),
        ("Asia/Hong_Kong", ["Hongkong", "Asia/Hong_Kong"]),
        ("Australia/Sydney", ["Australia/NSW", "AET"]),
        ("Australia/Sydney", ["AEST (Australian Eastern Standard Time (New South Wales))"]),
        ("Asia/Kolkata", ["Asia/Calcutta", "IST"]),
        ("Asia/Singapore", ["Singapore", "SGT"]),
        ("Asia/Seoul", ["Korea", "ROK"]),
        ("Asia/Jerusalem", ["Israel"]),
        ("Europe/Riga", ["Europe/Riga"]),
        ("Europe/Warsaw", ["Europe/Warsaw"]),
        ("Europe/Tallinn", ["Europe/Tallinn"]),
        ("Africa/Johannesburg", ["Africa/Johannesburg"]),
        ("Europe/Vilnius", ["Europe/Vilnius"]),
        ("Europe/Helsinki", ["Europe/Helsinki"]),
        ("Europe/Budapest", ["Europe/Budapest"]),
        ("Europe/Moscow", ["Europe/Moscow"]),
    ],
)
def test_every_id_that_ibkr_documents_or_was_seen_to_send_is_known(
    zone: str, ids: list[str]
) -> None:
    assert {text: iana_zone(text) for text in ids} == dict.fromkeys(ids, zone)


@one_case("zone", ["JST", "CST", "IST", "SGT", "Korea", *LONG_FORMS])
def test_an_id_that_the_zone_database_lacks_is_known_all_the_same(zone: str) -> None:
    assert zone not in available_timezones()
    assert iana_zone(zone) is not None


@one_case(
    ("sent", "winter", "summer"),
    [
        ("America/Belize", -6, -5),  # unlike Belize, CME has daylight saving
        ("EST", -5, -4),  # unlike the zone database's key of this name
        ("CST", -6, -5),
        ("MET", 1, 2),
        ("GMT", 0, 1),
        ("Japan", 9, 9),
        ("Korea", 9, 9),
        ("AET", 11, 10),
    ],
)
def test_an_id_has_the_offsets_of_its_exchange_in_winter_and_summer(
    sent: str, winter: int, summer: int
) -> None:
    zone = ZoneInfo(iana_zone(sent) or "")
    offsets = [
        datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)
    ]
    assert offsets == [timedelta(hours=winter), timedelta(hours=summer)]


def test_no_id_stands_twice_in_the_table() -> None:
    assert len({row["ib_id"] for row in ROWS}) == len(ROWS)


@one_case("zone", ["Europe/Amsterdam", "America/Argentina/Buenos_Aires", "UTC"])
def test_a_name_of_the_zone_database_is_accepted_outside_the_table(zone: str) -> None:
    assert iana_zone(zone) == zone


@one_case("zone", ["MST", "HST", "CET", "EET", "GMT0", "GMT+0", "PRC"])
def test_an_abbreviation_outside_the_table_is_unknown_though_the_database_has_it(
    zone: str,
) -> None:
    assert zone in available_timezones()
    assert iana_zone(zone) is None


@one_case(
    "zone",
    ["", " ", "europe/london", "Mars/Olympus", "../../etc/passwd", "localtime", "Factory", "\x00"],
)
def test_what_names_no_zone_is_unknown(zone: str) -> None:
    assert iana_zone(zone) is None


@given(st.text(max_size=30))
def test_whatever_is_sent_the_answer_is_a_zone_or_unknown(text: str) -> None:
    zone = iana_zone(text)
    assert zone is None or ZoneInfo(zone).key == zone


LOGIN_ROWS = list(read_table("login_time_zones"))
JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)
JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def hours_east(zone_id: str, at: datetime) -> float | None:
    zone = login_zone(zone_id)
    offset = None if zone is None else at.astimezone(zone).utcoffset()
    return None if offset is None else offset / timedelta(hours=1)


@one_case("row", LOGIN_ROWS)
def test_every_login_id_of_the_table_means_a_zone_that_exists(row: dict[str, str]) -> None:
    assert login_zone(row["login_id"]) == ZoneInfo(row["iana"])


def test_no_login_id_stands_twice_in_the_table() -> None:
    assert len({row["login_id"] for row in LOGIN_ROWS}) == len(LOGIN_ROWS)


@one_case(
    ("zone_id", "winter", "summer"),
    [
        ("GMT", 0, 0),
        ("GMT (Greenwich Mean Time)", 0, 0),
        ("GMT Standard Time", 0, 1),
        ("Europe/London", 0, 1),
        ("BST (British Summer Time)", 0, 1),
        ("CTT", 8, 8),
        ("PRC", 8, 8),
        ("ROC", 8, 8),
        ("China Standard Time", 8, 8),
        ("CET", 1, 2),
        ("Central European Standard Time", 1, 2),
        ("W. Europe Standard Time", 1, 2),
        ("MET", 1, 2),
        ("EET", 2, 3),
        ("WET", 0, 1),
        ("NZ", 13, 12),
        ("NST", 13, 12),
        ("HST", -10, -10),
        ("MST", -7, -7),
        ("US Mountain Standard Time", -7, -7),
        ("Mountain Standard Time", -7, -6),
        ("EST", -5, -5),
        ("EST5EDT", -5, -4),
        ("EST (Eastern Standard Time)", -5, -4),
        ("Eastern Standard Time", -5, -4),
        ("CST", -6, -5),
        ("Central Standard Time", -6, -5),
        ("America/Belize", -6, -6),
        ("Tokyo Standard Time", 9, 9),
        ("India Standard Time", 5.5, 5.5),
        ("UTC", 0, 0),
        ("Etc/GMT-5", 5, 5),
        ("GMT+08:00", 8, 8),
        ("GMT-05:30", -5.5, -5.5),
        ("GMT+2", 2, 2),
        ("GMT0", 0, 0),
    ],
)
def test_a_login_id_is_taken_as_java_and_windows_mean_it(
    zone_id: str, winter: float, summer: float
) -> None:
    assert (hours_east(zone_id, JANUARY), hours_east(zone_id, JULY)) == (winter, summer)


def test_the_two_vocabularies_differ_where_exchanges_mean_something_else() -> None:
    differing = {
        "GMT": "Europe/London",
        "CTT": "America/Chicago",
        "America/Belize": "America/Chicago",
    }
    for zone_id, exchange in differing.items():
        assert iana_zone(zone_id) == exchange
        assert login_zone(zone_id) != ZoneInfo(exchange)


@one_case(
    "zone_id",
    [
        *(
            "",
            " ",
            "BST",
            "cet",
            "Mars/Olympus",
            "../../etc/passwd",
            "localtime",
            "Factory",
            "\x00",
        ),
        *("GMT+15", "GMT+08:60", "GMT+\u0668", "GMT+8:", "UTC+25", "中国标准时间"),
    ],
)
def test_what_names_no_zone_of_a_login_is_unknown(zone_id: str) -> None:
    assert login_zone(zone_id) is None


@given(st.text(max_size=30) | st.from_regex(r"GMT[+-][0-9]{1,2}(:[0-9]{2})?", fullmatch=True))
def test_whatever_a_login_is_called_its_offset_is_less_than_a_day_or_unknown(text: str) -> None:
    hours = hours_east(text, JULY)
    assert hours is None or abs(hours) < 15
