"""Every local repository, the in-memory fake included, keeps the promises of its port."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from contracts.future_port import DRY_RUN, query_for
from contracts.local_future_port import (
    Ledger,
    LocalFuturePortContract,
    StoredIn,
    changed_contract,
)
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import InvalidReplyError, ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.chain_diff import FieldChange
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.evidence.evidence_rows import read_evidence
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import read_market_rules
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    field_changes,
    products,
    raw_replies,
    run_products,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading
from one_case import one_case


class FakeLedger:
    """Looks into the fake."""

    def __init__(self, fake: InMemoryFutureRepository[Future]) -> None:
        self.fake = fake

    def history(self) -> list[FieldChange]:
        return list(self.fake.history)

    def replies(self) -> list[tuple[bytes, ...]]:
        return [evidence.frames for kept in self.fake.replies.values() for evidence in kept]

    def runs(self) -> list[tuple[Origin, str, bool]]:
        return [
            (other.run.origin, other.outcome, other.finished_at is not None)
            for other in self.fake.runs
        ]

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        return [outcome for run in self.fake.runs for outcome in run.outcomes]

    def blamed(self) -> list[ProductKey | None]:
        return [product.key for run in self.fake.runs for product in run.products]

    def ladders(self) -> dict[int, MarketRule]:
        return dict(self.fake.market_rules)


class TableLedger:
    """Looks into the tables."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def history(self) -> list[FieldChange]:
        changes = field_changes.c
        statement = select(changes.con_id, changes.field, changes.old, changes.new)
        with reading(self.database) as connection:
            rows = connection.execute(statement.order_by(changes.id)).all()
        return [FieldChange(**row._asdict()) for row in rows]

    def replies(self) -> list[tuple[bytes, ...]]:
        with reading(self.database) as connection:
            rows = connection.execute(select(raw_replies).order_by(raw_replies.c.id)).all()
            return [read_evidence(connection, row).frames for row in rows]

    def runs(self) -> list[tuple[Origin, str, bool]]:
        with reading(self.database) as connection:
            rows = connection.execute(select(sync_runs).order_by(sync_runs.c.id)).all()
        return [(row.origin, row.outcome.value, row.finished_at is not None) for row in rows]

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        with reading(self.database) as connection:
            rows = connection.execute(select(run_products).order_by(run_products.c.id)).all()
        return [(row.symbol, row.outcome.value, row.error) for row in rows]

    def blamed(self) -> list[ProductKey | None]:
        own_name = products.c.symbol, products.c.exchange, products.c.trading_class
        asked = select(*own_name).select_from(run_products.outerjoin(products))
        with reading(self.database) as connection:
            rows = connection.execute(asked.order_by(run_products.c.id)).all()
        return [None if row.symbol is None else ProductKey(*row) for row in rows]

    def ladders(self) -> dict[int, MarketRule]:
        with reading(self.database) as connection:
            return read_market_rules(connection)


class TestInMemoryFutureRepository(LocalFuturePortContract):
    @pytest.fixture
    def fake(self, clock: FakeClock, catalogue: FakeCatalogue) -> InMemoryFutureRepository[Future]:
        return InMemoryFutureRepository(Future, clock, catalogue)

    @pytest.fixture
    def stored_in(
        self,
        fake: InMemoryFutureRepository[Future],
        clock: FakeClock,
        catalogue: FakeCatalogue,
    ) -> StoredIn:
        def build(entity: type[Future]) -> LocalFuturePort[Future]:
            other = InMemoryFutureRepository(entity, clock, catalogue)
            vars(other).update(
                products=fake.products,
                history=fake.history,
                replies=fake.replies,
                market_rules=fake.market_rules,
                runs=fake.runs,
            )
            return other

        return build

    @pytest.fixture
    def ledger(self, fake: InMemoryFutureRepository[Future]) -> Ledger:
        return FakeLedger(fake)


class DatabaseContract(LocalFuturePortContract):
    """The contract on whatever database the fixture of that name opens."""

    @pytest.fixture
    def database(self) -> Iterator[Database]:
        raise NotImplementedError

    @pytest.fixture
    def stored_in(self, database: Database, clock: FakeClock, catalogue: FakeCatalogue) -> StoredIn:
        def build(entity: type[Future]) -> LocalFuturePort[Future]:
            return LocalFutureRepository(database, entity, catalogue, clock)

        return build

    @pytest.fixture
    def ledger(self, database: Database) -> Ledger:
        return TableLedger(database)

    @one_case(
        ("field", "value"),
        [
            ("long_name", "a\0b"),
            ("long_name", "a\ud800b"),
            ("aggregated_group", 2**63),
            ("min_tick", Decimal("NaN")),
            ("min_tick", Decimal("Infinity")),
            ("min_tick", Decimal("1E+5000")),
        ],
    )
    def test_refuses_a_value_that_not_every_database_keeps(
        self,
        local: LocalFuturePort[Future],
        product: Future,
        field: str,
        value: object,
    ) -> None:
        broken = changed_contract(product, **{field: value})
        with pytest.raises(InvalidReplyError) as caught:
            self.store(local, broken)
        with pytest.raises(InvalidReplyError):
            local.plan_entity(AcquiredFuture(product=broken), query_for(product), DRY_RUN)
        assert caught.value.field == field
        with pytest.raises(ProductNotFoundError):
            self.stored(local, product)

    def test_refuses_a_tick_that_not_every_database_keeps(
        self, local: LocalFuturePort[Future]
    ) -> None:
        step = PriceIncrement(low_edge=Decimal(0), increment=Decimal("NaN"))
        with pytest.raises(InvalidReplyError):
            local.store_market_rules([MarketRule(market_rule_id=5, increments=(step,))])
        assert local.known_market_rules() == frozenset()


@pytest.mark.faults
class TestSqliteInMemory(DatabaseContract):
    @pytest.fixture
    def database(self) -> Iterator[Database]:
        with Database(":memory:") as database:
            yield database


class TestSqliteFile(DatabaseContract):
    @pytest.fixture
    def database(self, sqlite_tables_path: Path) -> Iterator[Database]:
        with Database(sqlite_tables_path) as database:
            yield database


@pytest.mark.faults
class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database
