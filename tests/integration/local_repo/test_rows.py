"""What stands in the tables, the same in both databases and cheap to ask for."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from contracts import examples
from contracts.future_port import NOW_PLEASE, by_symbol, query_for
from contracts.local_future_port import under_another_name
from contracts.raw_reply_port import reply
from databases import before_each_step, dump
from example_products import everything
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.hours import sent_hours
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import ReplyTimeoutError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.stored_names import StoredNames
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries
from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing
from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist
from integration.local_repo.products import NEW, OLD, repository, store
from strategies import futures


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements and commits that happen meanwhile, but for the start of transactions."""
    with before_each_step(lambda _: None) as seen:
        statements: list[str] = []
        yield statements
        statements.extend(text for text in seen if not text.startswith(("BEGIN", "PRAGMA")))


def live_through_a_week(database: Database) -> None:
    """Everything that changes rows, in one story."""
    clock = FakeClock()
    catalogue = FakeCatalogue([examples.as_catalogued(examples.DAX)])
    book = DeliveryBook(load_delivery_rules(), {}, HolidayCalendar())
    local = LocalFutureRepository(database, Future, catalogue, clock, deliveries=lambda: book)
    imported = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="a calendar",
        contract_month=ContractMonth(2026, 12),
        dates={"last_delivery_date": date(2026, 12, 18)},
    )
    day = date(2026, 11, 2)
    LocalDeliveries(database, lambda: book, clock).keep_imports(
        [imported.on_product("NYMEX", "CL", day)]
    )
    local.get_or_create(by_symbol(examples.DAX), NOW_PLEASE)
    ladder = MarketRule(
        market_rule_id=67,
        increments=(PriceIncrement(low_edge=Decimal("-1.50"), increment=Decimal("0.250")),),
    )
    local.store_market_rules([ladder])
    LocalPins(database, clock).pin(Pin(word="DAX", symbol="DAX", exchange="EUREX"))
    LocalWatchlist(database, clock).add([WatchedProduct(symbol="ES", group="night")])
    renamed = under_another_name(examples.DAX, symbol="GDAXI")
    first, *others = examples.CRUDE_OIL.contracts
    partly_silent = (dataclasses.replace(first, schedule=None), *others)
    oil = dataclasses.replace(examples.CRUDE_OIL, contracts=partly_silent)
    for product in (OLD, oil, examples.DAX, NEW, NEW, OLD, renamed):
        clock.advance(days=1, microseconds=1)
        with local.sync_run(Origin.IBKR) as run:
            store(local, product, run, clock)
            error = ReplyTimeoutError("stalled")
            failure = FutureFailure(query=by_symbol(product), error=error)
            local.record_failure(failure, run, refused=reply(1))


def names_of(product: Future) -> Iterator[str]:
    yield from (product.symbol, product.trading_class)
    for contract in product.contracts:
        yield from (contract.trading_class, contract.local_symbol, str(contract.con_id))


def test_a_chain_may_be_longer_than_the_parameters_that_a_statement_takes(tmp_path: Path) -> None:
    """SQLite before 3.32 takes 999 of them."""
    first = examples.ES.contracts[0]
    chain = tuple(dataclasses.replace(first, con_id=number) for number in range(1, 2001))
    product, clock = dataclasses.replace(examples.ES, contracts=chain), FakeClock()
    with Database(tmp_path / "futures.db") as database:
        local = repository(database, clock)
        with writing(database) as connection:
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        for _ in range(2):  # a new chain, and one that is only seen again
            clock.advance(days=1)
            with local.sync_run(Origin.IBKR) as run:
                store(local, product, run, clock)
        stored = local.get_by_symbol(by_symbol(product)).contracts
        (named,) = local.find_names({f"{number}" for number in range(5000)})
    assert named.key == product.key
    assert {item.con_id for item in stored} == {item.con_id for item in chain}
    assert {item.listing.last_seen_at for item in stored if item.listing} == {clock.now}


def test_both_databases_hold_the_same_rows(
    sqlite_database: Database, postgres_database: Database
) -> None:
    dumps = []
    for database in (sqlite_database, postgres_database):
        live_through_a_week(database)
        dumps.append(dump(database))
    assert dumps[0] == dumps[1]
    assert all(dumps[0].values()), "there is a row in every table"
    listings = {row.new for row in dumps[0]["field_changes"] if row.field == "listing"}
    assert listings == {"listed", "missing", "delisted"}


@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(product=futures())
def test_any_product_comes_back_the_same_from_both_databases(
    product: Future, sqlite_database: Database, postgres_database: Database
) -> None:
    clock = FakeClock()
    acquired = AcquiredFuture(product=product)
    found = []
    for database in (sqlite_database, postgres_database):
        with writing(database) as connection:
            for table in ("contract_schedules", "hours_days", "field_changes", "run_products"):
                connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - fixed names
            connection.exec_driver_sql("DELETE FROM contracts")
            connection.exec_driver_sql("DELETE FROM products")
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            update = local.get_or_create_entity(acquired, query_for(product), NOW_PLEASE, run)
        fresh = repository(database, clock).get_by_symbol(query_for(product))
        assert everything(fresh) == everything(update.product)
        for name in names_of(fresh):
            assert local.find_names([name]) == (StoredNames.of(fresh),)
        found.append(fresh)
    # What a row says of its own absence is no evidence: it was seen.
    seen = tuple(dataclasses.replace(contract, listing=None) for contract in product.contracts)
    own = {"synced_at": found[0].synced_at, "remarks": found[0].remarks, "contracts": seen}
    assert found[0] == found[1] == dataclasses.replace(product, **own)  # type: ignore[arg-type]


def test_a_person_can_ask_in_sql(tmp_path: Path) -> None:
    question = (
        "SELECT c.local_symbol, c.last_trade_date, c.multiplier, c.contract_month,"
        " v.value ->> 0, s.time_zone_id"
        " FROM products p JOIN contracts c ON c.product_id = p.id"
        " JOIN schedules s ON s.id = p.schedule_id, json_each(c.venues) v"
        " WHERE p.symbol = 'ES' AND c.con_id = 1"
    )
    with Database(tmp_path / "futures.db") as database:
        clock = FakeClock()
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, OLD, run, clock)
        with reading(database) as connection:
            answer = [tuple(row) for row in connection.exec_driver_sql(question)]
    assert answer == [
        ("ES2612", "2026-12-18", "50", "2026-12", "CME", "US/Central"),
        ("ES2612", "2026-12-18", "50", "2026-12", "QBALGO", "US/Central"),
    ]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "futures.db") as database:
        yield database


@pytest.mark.parametrize("products", [1, 30])
def test_the_list_takes_four_queries_however_many_products(
    database: Database, products: int
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        for number in range(products):
            product = dataclasses.replace(examples.ES, trading_class=f"ES{number}")
            chain = examples.with_chain(product, 2, first_con_id=1 + 2 * number)
            store(local, chain, run, clock)
    with counted() as statements:
        assert len(local.list_products()) == products
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 4


def test_storing_a_chain_takes_as_many_statements_however_long_it_is(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    taken = []
    for number, size in enumerate((1, 2, 300)):  # the first one brings the hours of all
        product = dataclasses.replace(examples.ES, trading_class=f"ES{number}")
        chain = examples.with_chain(product, size, first_con_id=1 + 1000 * number)
        with local.sync_run(Origin.IBKR) as run:
            with counted() as first:
                store(local, chain, run, clock)
            clock.advance(hours=1)
            with counted() as again:
                store(local, chain, run, clock)
        assert first.count("COMMIT") == again.count("COMMIT") == 1
        taken.append((len(first), len(again)))
    assert taken[1] == taken[2]


def test_a_night_whose_hours_roll_writes_no_row_of_a_contract(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    product = examples.with_chain(examples.ES, 30, first_con_id=1)
    rolled = dataclasses.replace(
        product,
        contracts=tuple(
            dataclasses.replace(
                contract, schedule=sent_hours("20261124:1700-20261125:1600", "20261124:CLOSED")
            )
            for contract in product.contracts
        ),
    )
    for night in (product, rolled):
        clock.advance(days=1)
        with local.sync_run(Origin.IBKR) as run, counted() as statements:
            store(local, night, run, clock)
    verbs = ("INSERT INTO", "UPDATE", "DELETE FROM")
    written = {
        statement.removeprefix(verb).split()[0]
        for statement in statements
        for verb in verbs
        if statement.startswith(verb)
    }
    assert "schedules" in written
    assert written.isdisjoint({"contracts", "contract_schedules", "contract_deliveries"})
    seen = {
        contract.listing.last_seen_at
        for contract in stored_chain(local, product)
        if contract.listing
    }
    assert seen == {clock.now}


def stored_chain(
    local: LocalFutureRepository[Future], product: Future
) -> tuple[FuturesContract, ...]:
    return local.get_by_symbol(by_symbol(product)).contracts


def test_a_plan_reads_and_nothing_else(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)
    with counted() as statements:
        policy = SyncPolicy(dry_run=True)
        local.plan_entity(AcquiredFuture(product=NEW), by_symbol(NEW), policy)
    assert {statement.split()[0] for statement in statements} <= {"SELECT", "COMMIT"}
