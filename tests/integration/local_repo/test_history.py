"""History is enough to know what was known on any day before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from contracts import examples
from contracts.future_port import query_for
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, ContractState, Venue
from ibkr_sync.domain.entities.futures import (
    OF_CONTRACTS,
    Future,
    IndexFuture,
    Origin,
    UnclassifiedFuture,
)
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AbsentFuture, AcquiredFuture
from ibkr_sync.domain.history.as_of import product_as_of
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import LocalHistory
from ibkr_sync.infrastructure.repositories.local_repo.products.writes import write_new_product
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import field_changes, metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing
from integration.local_repo.products import repository

Known: TypeAlias = tuple[type[Future], dict[str, Any]]

WITHOUT_HISTORY: dict[str, Any] = {
    "schedule": None,
    "order_types": (),
    "last_trade_text": None,
    "min_size": None,
    "size_increment": None,
    "suggested_size_increment": None,
    "settlement_method": None,
}
FDAX, FDXM = examples.DAX, examples.DAX_MINI


def known_of(product: Future) -> Known:
    """All that a product holds, listings included, but for what has no history."""
    chain = (dataclasses.replace(contract, **WITHOUT_HISTORY) for contract in product.contracts)
    known = dataclasses.replace(product, contracts=tuple(chain), absent_since=None)
    return type(product), dataclasses.asdict(known)


def past_of(database: Database, product: Future, at: datetime) -> Future:
    """What the history says of a product at an instant."""
    past = product_as_of(LocalHistory(database).of_product(product.key), at)
    assert past is not None
    return past


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{request.param}_database")
    return database


SERVER_AMONG_FAULTS = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.faults)],
    ids=["sqlite", "postgres"],
    indirect=True,
)
"""Both databases run the same code, and a server takes twice as long for each story."""

EXAMPLES = settings().max_examples // 2
"""Each stores several products, and looks at every day between."""

ODD = Remark(kind=RemarkKind.ODD_ROW, field="category", value="'a:,b'", reason="is odd")

contract_fields = st.fixed_dictionaries(
    {},
    optional={
        "multiplier": st.sampled_from([None, Decimal(5), Decimal("0.50")]),
        "market_name": st.sampled_from([None, "FDAX", "=x"]),
        "venues": st.sampled_from([(), (Venue(exchange="EUREX", market_rule_id=1),)]),
        "security_ids": st.sampled_from([(), (("ISIN", "A,"), ("CUSIP", "B"))]),
        "last_trade_date": st.dates(date(2027, 1, 1), date(2027, 1, 3)),
        "last_trade_at": st.none() | st.just(datetime(2027, 1, 2, 12, tzinfo=UTC)),
        "contract_month": st.none() | st.just(ContractMonth(2027, 1)),
        "series": st.sampled_from(ContractSeries),
        "local_symbol": st.sampled_from(["A", "B"]),
        "time_zone": st.sampled_from([None, "Europe/Berlin", "UTC"]),
        "trading_class": st.sampled_from(["FDAX", "FDX1"]),
        "remarks": st.sampled_from([(), (ODD,)]),
    },
)
product_fields = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([None, "DAX", "Dax 40"]),
        "underlying": st.sampled_from([None, examples.DAX.underlying]),
        "min_tick": st.sampled_from([Decimal("0.5"), Decimal(1)]),
        "origin": st.sampled_from([Origin.IBKR, Origin.FILE]),
        "category": st.sampled_from([None, "index"]),
        "remarks": st.sampled_from([(), (dataclasses.replace(ODD, contract="FDAX 9"),)]),
    },
)


OF_THE_CHAIN = frozenset(range(1, 6))
"""The conIds of which the source knows no more, where a reply lacks them."""


@st.composite
def replies(draw: st.DrawFn) -> Future:
    """A complete reply for one product: some contracts gone, some changed, some new."""
    product = examples.with_chain(examples.DAX, 5, first_con_id=1)
    present = draw(st.sets(st.sampled_from(product.contracts), min_size=1))
    chain = (
        dataclasses.replace(contract, **draw(contract_fields))
        for contract in sorted(present, key=lambda item: item.con_id)
    )
    entity = draw(st.sampled_from([IndexFuture, UnclassifiedFuture]))
    fields = {field.name: getattr(product, field.name) for field in dataclasses.fields(product)}
    return entity(**fields | draw(product_fields) | {"contracts": tuple(chain)})


def store(
    local: LocalFutureRepository[Future],
    product: Future,
    gone: frozenset[int] = OF_THE_CHAIN,
    *,
    others: Iterable[Future] = (),
) -> None:
    policy = SyncPolicy(allow_shrink=True)
    with local.sync_run(Origin.IBKR) as run:
        dated = dataclasses.replace(product, synced_at=run.started_at)
        acquired = AcquiredFuture(product=dated, gone=gone, others=tuple(others))
        local.get_or_create_entity(acquired, query_for(product), policy, run)


def note_absence(local: LocalFutureRepository[Future], product: Future) -> None:
    error = ProductNotFoundError(product.symbol, "the source")
    absent = AbsentFuture(key=product.key, gone=OF_THE_CHAIN, error=error)
    with local.sync_run(Origin.IBKR) as run:
        local.record_absence(absent, query_for(product), run)


def stored(
    local: LocalFutureRepository[Future], product: Future, gone: frozenset[int] = OF_THE_CHAIN
) -> Future:
    """Store a product; gives it as it then stands."""
    store(local, product, gone)
    return local.get_by_symbol(query_for(product))


def emptied(database: Database) -> Database:
    """The database without a row in it."""
    with writing(database) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    return database


@SERVER_AMONG_FAULTS
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=replies(),
    story=st.lists(st.tuples(st.none() | replies(), st.integers(1, 48)), min_size=2, max_size=6),
)
def test_every_day_before_follows_from_today_and_the_history(
    database: Database, first: Future, story: list[tuple[Future | None, int]]
) -> None:
    """In some nights nothing is known of the product, nor of any contract."""
    clock = FakeClock()
    days: list[tuple[datetime, Known]] = []
    local = repository(emptied(database), clock)
    for reply, hours in [(first, 1), *story]:
        if reply is None:
            note_absence(local, first)
            days.append((clock.now, known_of(local.get_by_symbol(query_for(first)))))
        else:
            days.append((clock.now, known_of(stored(local, reply))))
        clock.advance(hours=hours)
    history = LocalHistory(database).of_product(FDAX.key)
    for (day, known), (next_day, _) in zip(days, [*days[1:], (clock.now, None)], strict=True):
        for at in (day, next_day - timedelta(microseconds=1)):
            past = product_as_of(history, at)
            assert past is not None
            assert known_of(past) == known
    assert product_as_of(history, days[0][0] - timedelta(microseconds=1)) is None


@SERVER_AMONG_FAULTS
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    story=st.lists(
        st.tuples(replies(), st.frozensets(st.sampled_from(sorted(OF_THE_CHAIN)))),
        min_size=2,
        max_size=6,
    )
)
def test_every_state_before_follows_where_the_source_gave_no_clear_answer(
    database: Database, story: list[tuple[Future, frozenset[int]]]
) -> None:
    clock = FakeClock()
    days: list[tuple[datetime, dict[int, ContractState]]] = []
    local = repository(emptied(database), clock)
    for reply, gone in story:
        days.append((clock.now, states_of(stored(local, reply, gone), clock.now)))
        clock.advance(hours=21)
    history = LocalHistory(database).of_product(FDAX.key)
    for at, states in days:
        past = product_as_of(history, at)
        assert past is not None
        assert states_of(past, at) == states


def states_of(product: Future, at: datetime) -> dict[int, ContractState]:
    return {contract.con_id: contract.state(at) for contract in product.contracts}


def test_a_contract_is_then_in_the_product_it_has_left_since(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    mover = dataclasses.replace(FDAX.contracts[0], trading_class=FDXM.trading_class)
    before, first_day = stored(local, FDAX), clock.now
    clock.advance(days=1)
    arrived = dataclasses.replace(FDXM, contracts=(*FDXM.contracts, mover))
    after, second_day = stored(local, arrived), clock.now
    clock.advance(days=1)
    left = local.get_by_symbol(query_for(FDAX))

    assert mover.con_id not in {contract.con_id for contract in left.contracts}
    assert known_of(past_of(database, FDAX, first_day)) == known_of(before)
    assert known_of(past_of(database, FDAX, second_day)) == known_of(left)
    assert known_of(past_of(database, FDXM, second_day)) == known_of(after)
    with reading(database) as connection:
        message = select(field_changes).where(field_changes.c.field == "product")
        (move,) = connection.execute(message)
    assert (move.con_id, move.old, move.new) == (mover.con_id, str(FDAX.key), str(FDXM.key))


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_product_that_took_contracts_of_another_one_is_then_as_old_as_it_was(
    database: Database, is_whole: bool
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    chain = examples.with_chain(FDAX, 5, first_con_id=1)
    store(local, chain)
    left = dataclasses.replace(chain, contracts=chain.contracts[:3])
    names = {"trading_class": "FDXX"}
    taker = renamed(dataclasses.replace(chain, contracts=chain.contracts[3:]), **names)
    days: list[tuple[datetime, Known]] = []
    for _ in range(3):
        clock.advance(days=1)
        given_at = clock.now if is_whole else None
        store(local, left, others=[dataclasses.replace(taker, synced_at=given_at)])
        days.append((clock.now, known_of(local.get_by_symbol(query_for(taker)))))
    clock.advance(days=1)
    store(local, taker)
    for day, known in days:
        assert known_of(past_of(database, taker, day)) == known


def renamed(product: Future, **names: Any) -> Future:
    """The product and its contracts under another name, as a later reply has them."""
    chain = (dataclasses.replace(contract, **names) for contract in product.contracts)
    return dataclasses.replace(product, contracts=tuple(chain), **names)


@pytest.mark.parametrize(
    "names", [{"symbol": "DX"}, {"exchange": "DTB"}, {"symbol": "DX", "exchange": "DTB"}]
)
def test_a_product_has_then_the_name_it_had(database: Database, names: dict[str, str]) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    before, first_day = stored(local, FDAX), clock.now
    clock.advance(days=1)
    after = stored(local, renamed(FDAX, **names))

    assert after.key != before.key
    assert known_of(past_of(database, after, first_day)) == known_of(before)
    assert known_of(past_of(database, after, clock.now)) == known_of(after)


def test_a_product_of_the_catalogue_is_then_what_the_catalogue_knew(database: Database) -> None:
    clock = FakeClock()
    guess = dataclasses.replace(examples.as_catalogued(FDAX), multiplier=Decimal(5))
    with writing(database) as connection:
        write_new_product(connection, guess, clock.now)
    first_day = clock.now
    clock.advance(days=1)
    local = repository(database, clock)
    after = stored(local, FDAX)

    left_out: dict[str, Any] = dict.fromkeys(OF_CONTRACTS)
    unknown = dataclasses.replace(guess, **left_out)
    assert known_of(past_of(database, FDAX, first_day)) == known_of(unknown)
    assert known_of(past_of(database, FDAX, clock.now)) == known_of(after)


def test_history_is_only_ever_added_to(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    kept: list[Any] = []
    for multiplier in (5, 25, 5):
        changed = (
            dataclasses.replace(contract, multiplier=Decimal(multiplier))
            for contract in FDAX.contracts
        )
        store(local, dataclasses.replace(FDAX, contracts=tuple(changed)))
        clock.advance(days=1)
        with reading(database) as connection:
            history = connection.execute(select(field_changes).order_by(field_changes.c.id)).all()
        assert history[: len(kept)] == kept
        shared = 1 if kept else 0  # both contracts have another size, and so the product
        assert len(history) == len(kept) + len(FDAX.contracts) + shared
        kept = list(history)
    assert kept[0].seen_at == clock.now - timedelta(days=3)
