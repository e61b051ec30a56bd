"""A reply that differs from what the catalogue says: IBKR's word is stored, and it is counted."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import ES, RepositoryOf, Serve
from fakes.recordings import recording_of
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

QUERY = FutureQuery(symbol="ES")


def with_multiplier(product: Future, multiplier: Decimal) -> Future:
    chain = (dataclasses.replace(contract, multiplier=multiplier) for contract in product.contracts)
    return dataclasses.replace(product, multiplier=multiplier, contracts=tuple(chain))


def test_ibkrs_multiplier_is_stored_and_the_catalogues_counted(
    serve: Serve,
    repository_of: RepositoryOf,
    local: InMemoryFutureRepository[Future],
) -> None:
    replay = serve(recording=recording_of(with_multiplier(ES, Decimal(2))))

    update = repository_of(replay).get_or_create(QUERY, SyncPolicy())

    assert (update.disagreements, update.remarks) == (1, ())
    stored = local.get_by_symbol(QUERY)
    assert {stored.multiplier, *(contract.multiplier for contract in stored.contracts)} == {
        Decimal(2)
    }


def test_a_dry_run_counts_it_too(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(recording=recording_of(with_multiplier(ES, Decimal(2))))

    update = repository_of(replay).get_or_create(QUERY, SyncPolicy(dry_run=True))

    assert (update.disagreements, update.remarks) == (1, ())


def test_nothing_is_counted_where_both_agree(serve: Serve, repository_of: RepositoryOf) -> None:
    update = repository_of(serve()).get_or_create(QUERY, SyncPolicy())

    assert update.disagreements == 0
