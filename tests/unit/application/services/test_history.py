"""What the history of products and contracts is told as."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.examples import FIRST_EXPIRY
from contracts.history_port import ES, FDAX, FINER, RULE, with_multiplier
from contracts.test_history_ports import FakeStorage
from fakes.clock import FakeClock
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.domain.errors import NotYetKnownError, ProductNotFoundError
from ibkr_sync.domain.history.events import EventType
from ibkr_sync.domain.selection.size_choice import chain_of_size

DAY = timedelta(days=1)


@pytest.fixture
def storage() -> FakeStorage:
    """ES seen on the first day; FDAX, another multiplier and ladder of ES on the second."""
    storage = FakeStorage(FakeClock())
    storage.store(ES)
    storage.store_rule(RULE)
    storage.clock.advance(days=1)
    storage.store(FDAX)
    storage.store(with_multiplier(ES, 5))
    storage.store_rule(FINER)
    return storage


@pytest.fixture
def service(storage: FakeStorage) -> HistoryService:
    return HistoryService(storage.history)


def test_changes_are_reported_for_every_product(
    service: HistoryService, storage: FakeStorage
) -> None:
    now = storage.clock.now
    events = service.changes(now - DAY, now)
    assert [(event.type, event.product) for event in events] == [
        (EventType.MULTIPLIER_CHANGED, ES.key),
        (EventType.TICK_CHANGED, FDAX.key),
        (EventType.TICK_CHANGED, ES.key),
        (EventType.NEW, ES.key),
        (EventType.NEW, FDAX.key),
    ]
    assert service.changes(now + DAY, now + DAY) == ()


def test_changes_are_reported_for_one_product(
    service: HistoryService, storage: FakeStorage
) -> None:
    events = service.changes(storage.clock.now, storage.clock.now, ES.key)
    assert [(event.type, event.con_id) for event in events] == [
        (EventType.MULTIPLIER_CHANGED, None),
        (EventType.TICK_CHANGED, None),
    ]


def test_of_one_contract_also_what_its_product_says_is_reported(
    service: HistoryService, storage: FakeStorage
) -> None:
    contract = ES.contracts[0]
    events = service.changes(storage.clock.now, storage.clock.now, ES.key, contract)
    assert [(event.type, event.con_id) for event in events] == [
        (EventType.MULTIPLIER_CHANGED, contract.con_id),
        (EventType.TICK_CHANGED, None),
    ]
    other = dataclasses.replace(contract, con_id=1, venues=())
    assert service.changes(storage.clock.now, storage.clock.now, ES.key, other) == ()


def test_the_history_of_a_product_has_all_of_its_contracts(
    service: HistoryService, storage: FakeStorage
) -> None:
    found = service.of_product(ES.key, storage.clock.now)
    assert (found.product, found.contract) == (ES.key, None)
    assert found.first_seen_at == storage.clock.now - DAY
    assert [(event.type, event.con_id) for event in found.events] == [
        (EventType.NEW, None),
        (EventType.MULTIPLIER_CHANGED, None),
        *((EventType.MULTIPLIER_CHANGED, other.con_id) for other in ES.contracts),
        (EventType.TICK_CHANGED, None),
    ]


def test_the_history_of_a_contract_begins_with_its_first_sight_and_ends_with_its_expiry(
    service: HistoryService, storage: FakeStorage
) -> None:
    storage.clock.advance(days=60)
    contract = storage.history.of_product(ES.key).product.contracts[0]
    found = service.of_contract(ES.key, contract, storage.clock.now)
    assert found.contract == contract
    assert [event.type for event in found.events] == [
        EventType.NEW,
        EventType.MULTIPLIER_CHANGED,
        EventType.TICK_CHANGED,
        EventType.EXPIRED,
    ]
    assert found.events[-1].at == contract.last_trade_at


def test_a_past_day_is_as_it_was(service: HistoryService, storage: FakeStorage) -> None:
    now = storage.clock.now
    assert service.as_of(ES.key, now - timedelta(seconds=1)).multiplier == Decimal(50)
    assert service.as_of(ES.key, now).multiplier == Decimal(5)
    assert service.market_rules({67}, now - timedelta(seconds=1)) == (RULE,)


def test_of_a_past_day_a_size_decides_as_it_does_today(
    service: HistoryService, storage: FakeStorage
) -> None:
    now = storage.clock.now
    past = service.as_of(ES.key, now)
    for size in (*past.sizes, Decimal("0.7")):
        assert service.as_of(ES.key, now, size) == chain_of_size(past, size)


def test_before_the_first_sight_says_since_when_it_is_known(
    service: HistoryService, storage: FakeStorage
) -> None:
    before = storage.clock.now - timedelta(seconds=1)
    with pytest.raises(NotYetKnownError) as caught:
        service.as_of(FDAX.key, before)
    assert (caught.value.at, caught.value.since) == (before, storage.clock.now)


def test_a_product_that_is_not_stored_is_not_found(service: HistoryService) -> None:
    unknown = ES.key._replace(symbol="NQ")
    with pytest.raises(ProductNotFoundError):
        service.as_of(unknown, FakeClock().now)


def test_a_run_is_reported_with_what_ended_since_the_one_before(
    service: HistoryService, storage: FakeStorage
) -> None:
    """Each run's events are its own; an expiry is one of the first run after it, and no other."""
    storage.clock.now = FIRST_EXPIRY - DAY
    storage.store(with_multiplier(ES, 5))
    storage.clock.advance(days=2)
    storage.store(with_multiplier(ES, 50))
    storage.clock.advance(days=1)
    storage.store(with_multiplier(ES, 50))

    def message(run: int) -> list[tuple[EventType, int | None]]:
        return [(event.type, event.con_id) for event in service.of_run(run)]

    assert message(1) == [(EventType.NEW, None)]
    assert message(5) == [(EventType.TICK_CHANGED, None)] * 2
    assert message(6) == []
    assert message(7) == [
        (EventType.MULTIPLIER_CHANGED, None),
        (EventType.EXPIRED, ES.contracts[0].con_id),
    ]
    assert message(8) == message(9) == message(2**31) == message(0) == []


def test_an_event_is_recognised_however_it_is_read(
    service: HistoryService, storage: FakeStorage
) -> None:
    now = storage.clock.now
    by_time = service.changes(now - DAY, now)
    by_run = [event for run in range(1, 6) for event in service.of_run(run)]
    assert {event.event_id for event in by_time} == {event.event_id for event in by_run}
    assert len({event.event_id for event in by_run}) == len(by_run)
