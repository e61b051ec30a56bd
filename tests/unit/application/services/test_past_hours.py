"""Hours of one day, from what is kept and what is current."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts import examples
from fakes.hours import entries, sent_hours
from fakes.kept_hours import InMemoryKeptHours
from ibkr_sync.application.services.past_hours import PastHoursService, read_past_hours
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    HoursKind,
    TradingSession,
)
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import IbkrHoursReader

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ES = examples.ES
WEDNESDAY, LONG_AGO = date(2026, 11, 25), date(2026, 3, 10)


@pytest.fixture
def kept() -> InMemoryKeptHours:
    return InMemoryKeptHours()


@pytest.fixture
def service(kept: InMemoryKeptHours) -> PastHoursService:
    return PastHoursService(kept, IbkrHoursReader())


def test_a_day_long_past_is_answered_from_what_is_kept(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    window = "20260309:1700-20260310:1600;20260310:1700-20260311:1600"
    kept.keep(ES, sent_hours(f"{window};20260312:CLOSED"), NOW)
    assert service.on(ES, LONG_AGO, HoursKind.TRADING, NOW).entries == entries(window)


def test_a_day_of_the_current_hours_is_answered_even_if_none_is_kept(
    service: PastHoursService,
) -> None:
    found = service.on(ES, WEDNESDAY, HoursKind.LIQUID, NOW)
    assert found.entries == (ClosedDay(date=WEDNESDAY),)


def test_a_day_that_is_not_known_names_kept_and_current_days(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES, sent_hours("20260310:CLOSED;20260311:CLOSED"), NOW)
    with pytest.raises(HoursUnknownError, match="2026-03-10, 2026-11-23 to 2026-11-25"):
        service.on(ES, date(2026, 6, 1), HoursKind.TRADING, NOW)


class TestDaysKeptAsSent:
    """What former versions kept is read when it is asked for."""

    def test_without_a_zone_nothing_is_reported(
        self, service: PastHoursService, kept: InMemoryKeptHours
    ) -> None:
        kept.keep_as_sent(ES.key, LONG_AGO, "20260310:CLOSED", "Nowhere")
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
    def test_a_day_is_read_in_the_zone_of_then_and_in_todays_if_that_is_unknown(
        self,
        service: PastHoursService,
        kept: InMemoryKeptHours,
        time_zone_id: str,
        today: str | None,
        opens_at: datetime,
    ) -> None:
        kept.keep_as_sent(ES.key, LONG_AGO, "20260310:0900-20260310:1700", time_zone_id)
        product = dataclasses.replace(ES, time_zone=today)
        (session,) = service.on(product, LONG_AGO, HoursKind.TRADING, NOW).entries
        assert isinstance(session, TradingSession)
        assert session.opens_at == opens_at

    def test_a_day_with_nothing_of_its_own_is_known_and_one_beyond_the_window_is_not(
        self, service: PastHoursService, kept: InMemoryKeptHours
    ) -> None:
        before = LONG_AGO - timedelta(days=1)
        kept.keep_as_sent(ES.key, before, "20260309:1700-20260310:1600", "US/Central")
        kept.keep_as_sent(ES.key, LONG_AGO, "", "US/Central")
        (session,) = service.on(ES, LONG_AGO, HoursKind.TRADING, NOW).entries
        assert isinstance(session, TradingSession)
        assert session.closes_at == datetime(2026, 3, 10, 21, tzinfo=UTC)
        with pytest.raises(HoursUnknownError, match="of 2026-03-10 nothing is kept"):
            service.on(ES, LONG_AGO, HoursKind.LIQUID, NOW)

    def test_current_hours_that_were_stored_as_sent_are_read_with_the_product(self) -> None:
        sent = dataclasses.replace(examples.HOURS, trading_sessions=None, liquid_sessions=None)
        chain = tuple(dataclasses.replace(contract, schedule=sent) for contract in ES.contracts)
        read = read_past_hours(dataclasses.replace(ES, contracts=chain), IbkrHoursReader)
        assert {contract.schedule for contract in read.contracts} == {examples.HOURS}
        assert read_past_hours(ES, IbkrHoursReader) is ES


def test_where_kept_days_contradict_each_other_the_day_asked_for_goes_first(
    service: PastHoursService, kept: InMemoryKeptHours
) -> None:
    kept.keep(ES, sent_hours("20260309:1700-20260310:1600;20260310:CLOSED"), NOW)
    kept.keep(ES, sent_hours("20260310:0800-20260310:1200;20260311:CLOSED"), NOW)
    found = service.on(ES, LONG_AGO, HoursKind.TRADING, NOW)
    assert found.entries == entries("20260310:0800-20260310:1200")
