"""A reply that differs from what the catalogue says: IBKR's word is stored, and it is told."""

from __future__ import annotations

import dataclasses
import logging
from decimal import Decimal

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import ES, RepositoryOf, Serve
from fakes.recordings import recording_of
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

QUERY = FutureQuery(symbol="ES")
REMARK = "IBKR says multiplier 2, the catalogue 50; IBKR's is stored"


def with_multiplier(product: Future, multiplier: Decimal) -> Future:
    chain = (dataclasses.replace(each, multiplier=multiplier) for each in product.contracts)
    return dataclasses.replace(product, multiplier=multiplier, contracts=tuple(chain))


def test_ibkrs_multiplier_is_stored_and_the_catalogues_remarked(
    serve: Serve,
    repository_of: RepositoryOf,
    local: InMemoryFutureRepository[Future],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    replay = serve(recording=recording_of(with_multiplier(ES, Decimal(2))))

    update = repository_of(replay).get_or_create(QUERY, SyncPolicy())

    assert update.remarks == (REMARK,)
    assert f"ES@CME (ES): {REMARK}" in caplog.messages
    stored = local.get_by_symbol(QUERY)
    assert {stored.multiplier, *(each.multiplier for each in stored.contracts)} == {Decimal(2)}


def test_a_dry_run_remarks_it_too(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(recording=recording_of(with_multiplier(ES, Decimal(2))))

    update = repository_of(replay).get_or_create(QUERY, SyncPolicy(dry_run=True))

    assert update.remarks == (REMARK,)


def test_nothing_is_remarked_where_both_agree(serve: Serve, repository_of: RepositoryOf) -> None:
    update = repository_of(serve()).get_or_create(QUERY, SyncPolicy())

    assert update.remarks == ()
