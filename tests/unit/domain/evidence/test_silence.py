"""What a reply leaves out erases nothing and contradicts nothing."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.evidence.product_update import plan_update
from ibkr_sync.domain.evidence.silence import (
    fill_silent_contract,
    fill_silent_product,
    fill_silent_schedule,
)
from one_case import one_case
from strategies import contracts, futures

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROLLING = {"order_types", "schedule", "listing"}
IDENTITY = {
    *("con_id", "symbol", "exchange", "trading_class", "currency", "local_symbol"),
    *("last_trade_date", "series", "remarks"),
}
OPTIONAL = sorted(
    {field.name for field in dataclasses.fields(FuturesContract)} - ROLLING - IDENTITY
)


def _without(contract: FuturesContract, *fields: str) -> FuturesContract:
    defaults: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(contract)}
    return dataclasses.replace(contract, **{name: defaults[name] for name in fields})


@given(contracts, st.sets(st.sampled_from(OPTIONAL)))
def test_whatever_a_row_leaves_out_stays_known(stored: FuturesContract, silent: set[str]) -> None:
    completed = fill_silent_contract(stored, _without(stored, *silent), NOW)
    assert dataclasses.replace(completed, remarks=stored.remarks) == stored


@given(contracts, contracts)
def test_whatever_a_row_states_is_taken(stored: FuturesContract, received: FuturesContract) -> None:
    received = dataclasses.replace(received, con_id=stored.con_id)
    completed = fill_silent_contract(stored, received, NOW)
    for field in dataclasses.fields(received):
        if field.name == "remarks":
            continue
        stated = getattr(received, field.name)
        is_of_known_zone = field.name == "last_trade_date" and received.time_zone is None
        is_ladderless = field.name == "venues" and any(
            venue.market_rule_id is None for venue in received.venues
        )
        if stated not in (None, ()) and not is_of_known_zone and not is_ladderless:
            assert getattr(completed, field.name) == stated, field.name


@given(futures(), st.data())
def test_silence_makes_no_history(product: Future, data: st.DataObject) -> None:
    assume(product.origin is not Origin.CATALOGUE)
    product = dataclasses.replace(product, synced_at=product.synced_at or NOW)
    stored = plan_update(None, product, NOW).product
    reply = dataclasses.replace(
        product,
        time_zone=None,
        multiplier=None,
        contracts=tuple(
            _without(contract, *data.draw(st.sets(st.sampled_from(OPTIONAL))))
            for contract in product.contracts
        ),
    )
    planned = plan_update(stored, reply, NOW + timedelta(days=1))
    assert {change.field for change in planned.history} <= {"remarks"}
    again = plan_update(planned.product, reply, NOW + timedelta(days=1))
    assert again.history == ()
    assert again.diff.unchanged == len(product.contracts)


@one_case("origin", [Origin.IBKR, Origin.FILE])
def test_a_contract_about_to_expire_keeps_time_zone_and_hours(origin: Origin) -> None:
    stored = plan_update(None, ES, NOW).product
    silent = _without(DECEMBER, "last_trade_at", "schedule", "real_expiration_date")
    reply = dataclasses.replace(ES, time_zone=None, contracts=(silent, MARCH), origin=origin)
    after = plan_update(stored, reply, NOW).product
    assert after.time_zone == ES.time_zone
    assert after.contracts[0].last_trade_at == DECEMBER.last_trade_at
    assert after.contracts[0].schedule == DECEMBER.schedule


def test_the_instant_of_a_date_that_moved_is_not_kept() -> None:
    moved = dataclasses.replace(DECEMBER, last_trade_date=date(2026, 12, 17), last_trade_at=None)
    assert fill_silent_contract(DECEMBER, moved, NOW).last_trade_at is None


@given(contracts, contracts)
def test_date_and_instant_never_disagree(
    stored: FuturesContract, received: FuturesContract
) -> None:
    received = dataclasses.replace(received, con_id=stored.con_id)
    completed = fill_silent_contract(stored, received, NOW)
    if completed.last_trade_at is not None and completed.time_zone is not None:
        zone = ZoneInfo(completed.time_zone)
        assert completed.last_trade_at.astimezone(zone).date() == completed.last_trade_date
    assert fill_silent_contract(completed, received, NOW) == completed


def test_an_instant_of_another_day_in_the_known_zone_is_not_kept() -> None:
    stored = dataclasses.replace(
        DECEMBER,
        time_zone="America/Chicago",
        last_trade_at=datetime(2026, 12, 18, 14, 30, tzinfo=UTC),
        last_trade_date=date(2026, 12, 19),
    )
    received = _without(stored, "time_zone", "last_trade_at")
    assert fill_silent_contract(stored, received, NOW).last_trade_at is None


def test_an_instant_is_judged_in_the_zone_that_the_reply_states() -> None:
    night = datetime(2026, 12, 18, 23, 30, tzinfo=UTC)
    stored = dataclasses.replace(
        DECEMBER,
        time_zone="America/Chicago",
        last_trade_at=night,
        last_trade_date=date(2026, 12, 18),
    )
    received = dataclasses.replace(_without(stored, "last_trade_at"), time_zone="Asia/Tokyo")
    assert fill_silent_contract(stored, received, NOW).last_trade_at is None


def test_ladders_that_are_all_left_out_stay_known() -> None:
    venues = (Venue(exchange="CME", market_rule_id=67),)
    stored = dataclasses.replace(DECEMBER, venues=venues)
    received = dataclasses.replace(DECEMBER, venues=(Venue(exchange="CME"),))
    assert fill_silent_contract(stored, received, NOW).venues == venues


def test_an_instant_without_a_zone_is_on_the_day_it_has_in_the_known_zone() -> None:
    stored = dataclasses.replace(
        DECEMBER,
        time_zone="America/Chicago",
        last_trade_at=datetime(2026, 12, 18, 14, 30, tzinfo=UTC),
    )
    shifted = dataclasses.replace(stored, time_zone=None, last_trade_date=date(2026, 12, 19))
    completed = fill_silent_contract(stored, shifted, NOW)
    assert dataclasses.replace(completed, remarks=()) == stored


def test_a_ladder_that_is_left_out_is_the_known_one_of_its_exchange() -> None:
    venues = (Venue(exchange="CME", market_rule_id=67), Venue(exchange="QBALGO"))
    stored = dataclasses.replace(DECEMBER, venues=venues)
    sent = (
        Venue(exchange="SMART"),
        Venue(exchange="CME"),
        Venue(exchange="QBALGO", market_rule_id=26),
    )
    completed = fill_silent_contract(stored, dataclasses.replace(stored, venues=sent), NOW)
    assert [(venue.exchange, venue.market_rule_id) for venue in completed.venues] == [
        ("SMART", None),
        ("CME", 67),
        ("QBALGO", 26),
    ]


def test_order_types_of_the_day_are_not_kept() -> None:
    stored = dataclasses.replace(DECEMBER, order_types=("LMT", "MKT"))
    assert fill_silent_contract(stored, _without(stored, "order_types"), NOW) == _without(
        stored, "order_types"
    )


def test_what_only_the_catalogue_knew_is_not_confirmed_by_silence() -> None:
    known = dataclasses.replace(
        ES, origin=Origin.CATALOGUE, contracts=(), multiplier=Decimal(20), synced_at=None
    )
    silent = tuple(dataclasses.replace(contract, multiplier=None) for contract in ES.contracts)
    reply = dataclasses.replace(ES, contracts=silent)
    assert fill_silent_product(known, reply, NOW).multiplier is None


class TestHours:
    """They roll, but what could not be read replaces nothing that could."""

    KNOWN = sent_hours("20261123:1700-20261124:1600", "20261123:CLOSED")
    NEW = sent_hours("20261124:1700-20261125:1600", "20261124:CLOSED")

    @one_case("received", [NEW, None])
    def test_hours_that_could_be_read_replace_others_and_none_replace_nothing(
        self, received: TradingSchedule | None
    ) -> None:
        assert fill_silent_schedule(self.KNOWN, received) == (received or self.KNOWN)
        assert fill_silent_schedule(None, received) == received

    @one_case("liquid", ["at noon", ""])
    def test_what_was_left_out_or_not_read_gives_way_kind_by_kind(self, liquid: str) -> None:
        half = sent_hours(self.NEW.trading_hours, liquid)
        filled = fill_silent_schedule(self.KNOWN, half)
        assert filled is not None
        assert filled.trading_sessions == self.NEW.trading_sessions
        assert (filled.liquid_hours, filled.liquid_sessions) == (
            self.KNOWN.liquid_hours,
            self.KNOWN.liquid_sessions,
        )

    @one_case("zone_id", ["US/Central", "Mars/Olympus"])
    def test_where_nothing_could_be_read_all_is_as_it_was(self, zone_id: str) -> None:
        unread = dataclasses.replace(sent_hours("never", "at noon"), time_zone_id=zone_id)
        assert fill_silent_schedule(self.KNOWN, unread) is self.KNOWN
        assert fill_silent_schedule(None, unread) is unread
