"""Deliveries are stored with their contracts, and their history is kept."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from contracts.future_port import NOW_PLEASE, by_symbol
from databases import dump
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.date_formulas import parse_formula
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.delivery.delivery_rules import DateRule, DeliveryRuleBook
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, Origin
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries
from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import LocalHistory
from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_deliveries,
    contracts,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

RULES = load_delivery_rules()
BOOK = DeliveryBook(RULES, {}, HolidayCalendar())
FIRST = datetime(2026, 11, 2, 12, tzinfo=UTC)

GCZ6 = FuturesContract(
    con_id=462941472,
    symbol="GC",
    exchange="COMEX",
    trading_class="GC",
    currency="USD",
    local_symbol="GCZ6",
    contract_month=ContractMonth(2026, 12),
    last_trade_date=date(2026, 12, 29),
    last_trade_at=datetime(2026, 12, 29, 18, 30, tzinfo=UTC),
    time_zone="America/New_York",
)
GCG7 = dataclasses.replace(
    GCZ6,
    con_id=693609540,
    local_symbol="GCG7",
    contract_month=ContractMonth(2027, 2),
    last_trade_date=date(2027, 2, 24),
    last_trade_at=datetime(2027, 2, 24, 18, 30, tzinfo=UTC),
)
GOLD = CommodityFuture(
    symbol="GC", exchange="COMEX", trading_class="GC", currency="USD", contracts=(GCZ6, GCG7)
)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{request.param}_database")
    return database


def sync(
    database: Database, now: datetime, product: Future = GOLD, book: DeliveryBook = BOOK
) -> None:
    clock = FakeClock(now)
    local = LocalFutureRepository(database, Future, FakeCatalogue(), clock, deliveries=lambda: book)
    with local.sync_run(Origin.IBKR) as run:
        acquired = AcquiredFuture(product=product)
        local.get_or_create_entity(acquired, by_symbol(product), NOW_PLEASE, run)


def stored_deliveries(database: Database, now: datetime) -> LocalDeliveries:
    return LocalDeliveries(database, lambda: BOOK, FakeClock(now))


def changes(database: Database, since: datetime, now: datetime) -> list[Event]:
    deliveries = DeliveryService(BOOK, stored_deliveries(database, now), lambda: now)
    return list(HistoryService(LocalHistory(database), deliveries).changes(since, now))


def corrected_book() -> DeliveryBook:
    """The rules, of which that for gold gives notice a business day earlier."""
    gold = next(rule for rule in RULES.rules if "GC" in rule.trading_classes)
    notice = DateRule(formula=parse_formula("2nd last bd of m-1"), confidence=Confidence.A)
    other = dataclasses.replace(gold, dates=gold.dates | {"first_notice_date": notice})
    rules = (other if rule is gold else rule for rule in RULES.rules)
    return DeliveryBook(DeliveryRuleBook(tuple(rules)), {}, BOOK.calendar)


def test_until_when_a_contract_may_be_held_can_be_asked_of_its_row(database: Database) -> None:
    sync(database, FIRST)
    columns = (contracts.c.ends_at, contracts.c.hold_until_long, contracts.c.hold_until_short)
    with reading(database) as connection:
        rows = connection.execute(select(*columns).order_by(contracts.c.con_id)).all()
    assert [tuple(row) for row in rows] == [
        (GCZ6.last_trade_at, date(2026, 11, 25), date(2026, 12, 24)),
        (GCG7.last_trade_at, date(2027, 1, 27), date(2027, 2, 22)),
    ]


def test_a_contract_is_found_by_any_of_its_dates(database: Database) -> None:
    sync(database, FIRST)
    stored = stored_deliveries(database, FIRST)
    (cut_off,) = stored.between(date(2026, 11, 25), date(2026, 11, 25))
    assert cut_off.contract.local_symbol == "GCZ6"
    assert cut_off.contract.delivery == BOOK.dated(GOLD, FIRST.date()).contracts[0].delivery
    assert cut_off.product.key == GOLD.key
    assert len(stored.between(date(2026, 12, 29), date(2027, 1, 27))) == 2
    assert stored.between(date(2026, 12, 1), date(2026, 12, 23)) == ()


def test_what_did_not_change_is_not_written_again(database: Database) -> None:
    sync(database, FIRST)
    before = dump(database)
    sync(database, FIRST + timedelta(days=1))
    after = dump(database)
    for table in ("contract_deliveries", "contracts", "field_changes"):
        assert after[table] == before[table], table


def test_what_no_run_has_dated_yet_is_dated_when_it_is_asked_for(database: Database) -> None:
    sync(database, FIRST)
    with writing(database) as connection:
        connection.execute(delete(contract_deliveries))
    service = DeliveryService(BOOK, stored_deliveries(database, FIRST), lambda: FIRST)
    found = service.expirations(FIRST, DaysBefore(count=30))
    assert [(event.day, event.kind.value) for event in found] == [
        (date(2026, 11, 25), "long-cutoff"),
        (date(2026, 11, 30), "notice"),
    ]


def test_the_past_has_what_was_known_then(database: Database) -> None:
    sync(database, FIRST)
    later = FIRST + timedelta(days=1)
    sync(database, later, book=corrected_book())
    service = DeliveryService(corrected_book(), stored_deliveries(database, later), lambda: later)
    (then, _), (now, _) = (
        service.dated_as_of(GOLD, FIRST).contracts,
        service.dated_as_of(GOLD, later).contracts,
    )
    assert then.delivery == BOOK.dated(GOLD, FIRST.date()).contracts[0].delivery
    assert now.delivery == corrected_book().dated(GOLD, later.date()).contracts[0].delivery
    assert then.delivery != now.delivery


def test_what_is_read_again_is_dated_again_as_a_correction(database: Database) -> None:
    sync(database, FIRST)
    later = FIRST + timedelta(days=1)
    replies = LocalRawReplies(database, FakeClock(later), corrected_book)
    with replies.run() as run:
        replies.rewrite(GOLD.key, GOLD, {}, run)
    found = changes(database, FIRST + timedelta(hours=1), later)
    assert {event.type for event in found} == {EventType.CORRECTED}
    assert {event.field for event in found} >= {"first_notice_date", "long_cutoff"}


def test_a_product_that_gets_another_class_is_delivered_as_ever(database: Database) -> None:
    sync(database, FIRST)
    chain = tuple(dataclasses.replace(contract, trading_class="AU") for contract in GOLD.contracts)
    renamed = dataclasses.replace(GOLD, trading_class="AU", contracts=chain)
    sync(database, FIRST + timedelta(days=1), renamed)
    found = changes(database, FIRST + timedelta(hours=1), FIRST + timedelta(days=1))
    assert {event.type for event in found} == {EventType.CLASS_CHANGED}
    stored = stored_deliveries(database, FIRST)
    dated = DeliveryService(BOOK, stored, lambda: FIRST).dated(renamed)
    assert dated.contracts[0].delivery == BOOK.dated(GOLD, FIRST.date()).contracts[0].delivery


def test_a_rule_that_was_corrected_is_reported_so(database: Database) -> None:
    sync(database, FIRST)
    sync(database, FIRST + timedelta(days=1), book=corrected_book())
    found = changes(database, FIRST + timedelta(hours=1), FIRST + timedelta(days=1))
    assert {event.type for event in found} == {EventType.CORRECTED}
    notice = next(event for event in found if event.field == "first_notice_date")
    learnt = "(COMEX gold and silver), learnt 2026-11-30)"
    assert notice.old == f"2026-11-30 (A, rule: last bd of m-1 {learnt}"
    assert notice.new == f"2026-11-27 (A, rule: 2nd last bd of m-1 {learnt}"
    assert notice.severity is Severity.INFO


def test_dates_that_ibkr_contradicts_are_doubted_and_reported(database: Database) -> None:
    sync(database, FIRST)
    moved = dataclasses.replace(
        GCZ6,
        last_trade_date=date(2026, 12, 28),
        last_trade_at=datetime(2026, 12, 28, 18, tzinfo=UTC),
    )
    sync(database, FIRST + timedelta(days=1), dataclasses.replace(GOLD, contracts=(moved, GCG7)))
    found = changes(database, FIRST + timedelta(hours=1), FIRST + timedelta(days=1))
    given_up = next(event for event in found if event.field == "long_cutoff")
    assert (given_up.type, given_up.severity) == (EventType.DELIVERY_CHANGED, Severity.NOTICE)
    assert "(C, " in str(given_up.new)  # it still passes contracts over, and allows none


def test_that_notice_and_cut_off_come_near_is_reported_once_at_each_of_two_days(
    database: Database,
) -> None:
    sync(database, FIRST)
    message = [
        f"{change.at:%m-%d} {change.type} {change.severity} {change.new}"
        for day in range(40)
        for change in changes(
            database, FIRST + timedelta(days=day), FIRST + timedelta(days=day + 1)
        )
        if change.field != "listing"
    ]
    assert [text for text in message if "NEAR" in text] == [
        "11-11 CUTOFF_NEAR notice 2026-11-25",
        "11-13 NOTICE_NEAR notice 2026-11-30",
        "11-23 CUTOFF_NEAR critical 2026-11-25",
        "11-25 NOTICE_NEAR critical 2026-11-30",
    ]


def test_a_date_that_was_imported_late_came_near_when_it_was_imported(database: Database) -> None:
    sync(database, FIRST)
    row = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="import: CME product calendar",
        con_id=GCZ6.con_id,
        last_trade_date=GCZ6.last_trade_date,
        dates={"first_notice_date": date(2026, 11, 12)},
    )
    later = FIRST + timedelta(days=8)
    stored = stored_deliveries(database, later)
    kept = stored.keep_imports([row.on_product(None, None, date(2026, 11, 3))])
    assert (kept.stored, kept.new, kept.refuted) == (1, 1, ())
    found = changes(database, later - timedelta(hours=1), later + timedelta(hours=1))
    near = {event.field: (event.severity, event.at) for event in found if "NEAR" in event.type}
    assert near == {
        "first_notice_date": (Severity.CRITICAL, later),
        "long_cutoff": (Severity.CRITICAL, later),
    }


def test_an_import_that_agrees_changes_nothing_but_who_says_it(database: Database) -> None:
    sync(database, FIRST)
    row = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="import: CME product calendar",
        con_id=GCZ6.con_id,
        last_trade_date=GCZ6.last_trade_date,
        dates={"first_notice_date": date(2026, 11, 30), "first_position_date": date(2026, 11, 27)},
    )
    later = FIRST + timedelta(days=1)
    stored = stored_deliveries(database, later)
    stored.keep_imports([row.on_product(None, None, date(2026, 11, 3))])
    known = stored.known_of(GOLD)[GCZ6.con_id]
    assert known.sources["first_notice_date"].source == "import: CME product calendar"
    assert changes(database, FIRST + timedelta(hours=1), later) == []
    service = DeliveryService(BOOK, stored, lambda: later)
    (then, _) = service.dated_as_of(GOLD, FIRST).contracts
    assert then.delivery is not None
    assert then.delivery.sources["first_notice_date"].source.startswith("rule: ")


def test_what_was_reported_for_a_period_is_reported_for_it_again(database: Database) -> None:
    """Notice is put off, and then the expiry is moved after it has passed."""
    sync(database, FIRST)
    message: list[tuple[datetime, datetime, list[Event]]] = []

    def look(first: datetime, last: datetime) -> set[str]:
        message.append((first, last, changes(database, first, last)))
        return {event.type for event in message[-1][-1]}

    warned = datetime(2026, 11, 20, tzinfo=UTC)
    assert look(FIRST + timedelta(hours=1), warned) == {"NOTICE_NEAR", "CUTOFF_NEAR"}
    row = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="import: CME product calendar",
        con_id=GCZ6.con_id,
        last_trade_date=GCZ6.last_trade_date,
        dates={"first_notice_date": date(2026, 12, 15)},
    )
    stored = stored_deliveries(database, warned + timedelta(hours=1))
    stored.keep_imports([row.on_product(None, None, date(2026, 11, 3))])
    ended = datetime(2026, 12, 30, 12, tzinfo=UTC)
    assert look(warned + timedelta(hours=2), ended) >= {"EXPIRED"}
    moved = dataclasses.replace(
        GCZ6,
        last_trade_date=date(2027, 1, 28),
        last_trade_at=datetime(2027, 1, 28, 18, 30, tzinfo=UTC),
    )
    later = dataclasses.replace(GOLD, contracts=(moved, GCG7))
    sync(database, ended + timedelta(hours=1), later)
    now = ended + timedelta(hours=2)
    assert look(ended + timedelta(minutes=1), now) >= {"EXPIRY_MOVED"}
    for first, last, events in message:
        again = changes(database, first, now)
        assert [event for event in again if event.at <= last] == events
