"""How it is told whether a market is open, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ibkr_sync.domain.hours.sessions import MarketState
from ibkr_sync_cli.units.clocks import clock_name
from ibkr_sync_cli.views.cells import market_state_cell
from one_case import one_case

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)  # Friday 16:00 in Chicago


@one_case(
    ("is_open", "until", "message"),
    [
        (True, datetime(2026, 11, 20, 17, tzinfo=CHICAGO), "open until 17:00 CT"),
        (True, datetime(2026, 11, 21, 1, tzinfo=CHICAGO), "open until Sat 01:00 CT"),
        (False, datetime(2026, 11, 20, 17, tzinfo=CHICAGO), "closed until 17:00 CT"),
        (False, datetime(2026, 11, 22, 17, tzinfo=CHICAGO), "closed until Sun 17:00 CT"),
        (False, datetime(2026, 11, 26, 17, tzinfo=CHICAGO), "closed until Thu 17:00 CT"),
        (False, datetime(2026, 11, 27, 17, tzinfo=CHICAGO), "closed until 27 Nov 17:00 CT"),
        (False, None, "closed"),
    ],
)
def test_the_end_is_reported_with_as_much_of_its_date_as_it_takes(
    is_open: bool, until: datetime | None, message: str
) -> None:
    state = MarketState(is_open=is_open, until=until and until.astimezone(UTC))
    assert market_state_cell(state, NOW, CHICAGO) == message


def test_today_is_that_of_the_zone() -> None:
    state = MarketState(is_open=False, until=datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert market_state_cell(state, NOW, CHICAGO) == "closed until 19:00 CT"
    assert market_state_cell(state, NOW, UTC) == "closed until Sat 01:00 UTC"


@one_case(
    ("zone", "month", "name"),
    [
        *(("America/Chicago", month, "CT") for month in (1, 7)),
        *(("America/New_York", month, "ET") for month in (1, 7)),
        *(("Europe/Berlin", 1, "CET"), ("Europe/Berlin", 7, "CEST"), ("Europe/London", 7, "BST")),
        *(("Asia/Shanghai", 1, "CST"), ("Asia/Tokyo", 1, "JST"), ("Asia/Singapore", 1, "UTC+08")),
        *(("UTC", 1, "UTC"), ("America/Sao_Paulo", 1, "UTC-03")),
    ],
)
def test_a_clock_has_the_name_that_traders_give_it(zone: str, month: int, name: str) -> None:
    assert clock_name(datetime(2026, month, 5, tzinfo=ZoneInfo(zone))) == name
