"""How it is told whether a market is open, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_sync.domain.hours.sessions import MarketState
from ibkr_sync_cli.views.cells import market_state_cell

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)  # Friday 16:00 in Chicago


@pytest.mark.parametrize(
    ("is_open", "until", "told"),
    [
        (True, datetime(2026, 11, 20, 17, tzinfo=CHICAGO), "open → 17:00"),
        (True, datetime(2026, 11, 21, 1, tzinfo=CHICAGO), "open → Sat 01:00"),
        (False, datetime(2026, 11, 20, 17, tzinfo=CHICAGO), "closed → 17:00"),
        (False, datetime(2026, 11, 22, 17, tzinfo=CHICAGO), "closed → Sun 17:00"),
        (False, datetime(2026, 11, 26, 17, tzinfo=CHICAGO), "closed → Thu 17:00"),
        (False, datetime(2026, 11, 27, 17, tzinfo=CHICAGO), "closed → 27 Nov 17:00"),
        (False, None, "closed"),
    ],
)
def test_the_end_is_told_with_as_much_of_its_date_as_it_takes(
    is_open: bool, until: datetime | None, told: str
) -> None:
    state = MarketState(is_open=is_open, until=until and until.astimezone(UTC))
    assert market_state_cell(state, NOW, CHICAGO) == told


def test_today_is_that_of_the_zone() -> None:
    state = MarketState(is_open=False, until=datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert market_state_cell(state, NOW, CHICAGO) == "closed → 19:00"
    assert market_state_cell(state, NOW, UTC) == "closed → Sat 01:00"
