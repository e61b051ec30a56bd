"""Hours of one day, from what is kept and what is current."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from contracts import examples
from fakes.kept_hours import InMemoryKeptHours
from ibkr_sync.application.services.past_hours import PastHoursService
from ibkr_sync.domain.entities.contracts import TradingSchedule
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.contract_hours import HoursKind
from ibkr_sync.domain.hours.sessions import ClosedDay, TradingSession

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ES = examples.ES
WEDNESDAY, LONG_AGO = date(2026, 11, 25), date(2026, 3, 10)


def hours(trading: str, time_zone_id: str = "US/Central") -> TradingSchedule:
    return TradingSchedule(trading_hours=trading, liquid_hours="", time_zone_id=time_zone_id)


@pytest.fixture
def kept() -> InMemoryKeptHours:
    return InMemoryKeptHours()


@pytest.fixture
def service(kept: InMemoryKeptHours) -> PastHoursService:
    return PastHoursService(kept, {"US/Central": "America/Chicago", "MET": "Europe/Berlin"}.get)


def test_a_day_long_past_is_answered_from_what_is_kept(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES.key, hours("20260309:1700-20260310:1600;20260310:1700-20260311:1600"))
    found = service.on(ES, LONG_AGO, HoursKind.TRADING, NOW)
    assert len(found.entries) == 2
    assert found.as_sent == "20260310:1700-20260311:1600"


def test_a_day_of_the_current_hours_is_answered_even_if_none_is_kept(
    service: PastHoursService,
) -> None:
    found = service.on(ES, WEDNESDAY, HoursKind.LIQUID, NOW)
    assert found.entries == (ClosedDay(date=WEDNESDAY),)


def test_a_day_that_is_not_known_names_kept_and_current_days(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES.key, hours("20260310:CLOSED"))
    with pytest.raises(HoursUnknownError, match="2026-03-10, 2026-11-23 to 2026-11-25"):
        service.on(ES, date(2026, 6, 1), HoursKind.TRADING, NOW)


def test_without_the_exchanges_zone_nothing_is_told(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES.key, hours("20260310:CLOSED", "Nowhere"))
    with pytest.raises(HoursUnknownError, match="without a time zone"):
        service.on(dataclasses.replace(ES, time_zone=None), LONG_AGO, HoursKind.TRADING, NOW)


@pytest.mark.parametrize(
    ("time_zone_id", "today", "opens_at"),
    [
        ("MET", "America/Chicago", datetime(2026, 3, 10, 8, tzinfo=UTC)),
        ("MET", None, datetime(2026, 3, 10, 8, tzinfo=UTC)),
        ("Nowhere", "America/Chicago", datetime(2026, 3, 10, 14, tzinfo=UTC)),
    ],
)
def test_a_past_day_is_read_in_the_zone_of_then_and_in_todays_if_that_is_unknown(
    service: PastHoursService,
    kept: InMemoryKeptHours,
    time_zone_id: str,
    today: str | None,
    opens_at: datetime,
) -> None:
    kept.keep(ES.key, hours("20260310:0900-20260310:1700", time_zone_id))
    product = dataclasses.replace(ES, time_zone=today)
    (session,) = service.on(product, LONG_AGO, HoursKind.TRADING, NOW).entries
    assert isinstance(session, TradingSession)
    assert session.opens_at == opens_at


def test_days_kept_of_different_windows_that_contradict_each_other_are_unknown(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES.key, hours("20260309:1700-20260310:1600"))
    kept.keep(ES.key, hours("20260310:0800-20260310:1200"))
    with pytest.raises(HoursUnknownError, match="those kept of 2026-03-10 can't be read"):
        service.on(ES, LONG_AGO, HoursKind.TRADING, NOW)
