"""Contracts of public records go from a gateway into a database and back."""

from __future__ import annotations

from pathlib import Path

from example_products import everything
from fakes.clock import FakeClock
from fakes.gateway_rig import NOW, Connect, Serve
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from recorded_contracts import RECORDED_CONTRACTS

QUERIES = [
    FutureQuery(symbol=key.symbol, exchange=key.exchange, trading_class=key.trading_class)
    for key in dict.fromkeys(contract.key for contract in RECORDED_CONTRACTS)
]


def test_every_recorded_contract_comes_back_from_the_database_unchanged(
    tmp_path: Path, serve: Serve, connect: Connect
) -> None:
    file, clock = tmp_path / "futures.db", FakeClock(NOW)
    recording = Recording(contracts=tuple(contract.row for contract in RECORDED_CONTRACTS))
    gateway = connect(serve(recording=recording))
    with Database(file) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), clock)
        repository = IbkrFutureRepository(gateway, local, Future, load_catalogue(), clock)
        outcomes = list(repository.get_or_create_many(QUERIES, SyncPolicy(include_expired=True)))
    updates = [outcome for outcome in outcomes if isinstance(outcome, FutureUpdate)]
    assert len(updates) == len(outcomes) == len(QUERIES)
    assert [remark for update in updates for remark in update.remarks] == []

    with Database(file) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), clock)
        stored = [local.get_by_symbol(query) for query in QUERIES]
    assert list(map(everything, stored)) == [everything(update.product) for update in updates]
    assert {
        (contract.local_symbol, contract.con_id, contract.multiplier, str(contract.contract_month))
        for product in stored
        for contract in product.contracts
    } == {
        (
            contract.local_symbol,
            int(contract.row.con_id),
            contract.multiplier,
            str(contract.contract_month),
        )
        for contract in RECORDED_CONTRACTS
    }
