"""A product before and after a reply that changes everything a reply can change."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from contracts import examples
from contracts.future_port import NOW_PLEASE, by_symbol
from contracts.local_future_port import changed_contract, without
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, Evidence
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository

OLD = examples.with_chain(examples.ES, 8, first_con_id=1)
_LATEST = examples.quarterly(examples.ES, 9, con_id=10)
_CHANGED = without(changed_contract(OLD, multiplier=Decimal(5)), 8)
NEW = dataclasses.replace(_CHANGED, name="S&P 500", contracts=(*_CHANGED.contracts, _LATEST))


def repository(database: Database, clock: FakeClock) -> LocalFutureRepository[Future]:
    """The local repository over this database, with an empty catalogue."""
    return LocalFutureRepository(database, Future, FakeCatalogue(), clock)


def store(
    local: LocalFutureRepository[Future], product: Future, run: SyncRun, clock: FakeClock
) -> None:
    """Store a product together with a raw reply."""
    evidence = Evidence(
        received_at=clock.now,
        server_version=187,
        client_version="9.81.1",
        frames=(repr(product).encode(),),
    )
    acquired = AcquiredFuture(
        product=product,
        evidence=evidence,
        gone=frozenset(contract.con_id for contract in OLD.contracts),
    )
    local.get_or_create_entity(acquired, by_symbol(product), NOW_PLEASE, run)
