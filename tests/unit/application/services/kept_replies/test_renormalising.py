"""Renormalising is one run with an outcome per product, whatever becomes of each."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from contracts import examples
from fakes.clock import FakeClock
from fakes.raw_replies import FakeReader, InMemoryRawReplies
from ibkr_sync.application.services.kept_replies.renormalising import RenormalisingService
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.evidence.renormalisation import Renormalised
from ibkr_sync.domain.runs.future_update import FutureFailure

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def as_stored(product: Future) -> Future:
    listing = ContractListing(first_seen_at=NOW, last_seen_at=NOW)
    chain = tuple(dataclasses.replace(contract, listing=listing) for contract in product.contracts)
    return dataclasses.replace(product, contracts=chain, synced_at=NOW)


ES, DAX, CL = map(as_stored, (examples.ES, examples.DAX, examples.CRUDE_OIL))


@pytest.fixture
def replies() -> InMemoryRawReplies:
    kept = InMemoryRawReplies(FakeClock(NOW))
    for number, product in enumerate((ES, DAX, CL)):
        kept.stored[product.key] = product
        kept.replies[product.key] = [
            Evidence(
                received_at=NOW, server_version=187, client_version="9", frames=(b"%d" % number,)
            )
        ]
    return kept


@pytest.fixture
def service(replies: InMemoryRawReplies) -> RenormalisingService:
    better = dataclasses.replace(ES, name="E-mini")
    return RenormalisingService(replies, FakeReader({b"0": better, b"2": CL}))


def message(outcomes: list[Renormalised | FutureFailure]) -> list[tuple[str, object]]:
    return [
        (outcome.query.symbol, "failed")
        if isinstance(outcome, FutureFailure)
        else (outcome.update.product.symbol, [change.field for change in outcome.update.history])
        for outcome in outcomes
    ]


def test_each_product_has_its_outcome_and_one_failure_stops_no_other(
    service: RenormalisingService, replies: InMemoryRawReplies
) -> None:
    outcomes = list(service.renormalise((ES.key, DAX.key, CL.key), NOW))
    assert message(outcomes) == [("ES", ["name"]), ("DAX", "failed"), ("CL", [])]
    assert replies.stored[ES.key].name == "E-mini"
    assert replies.stored[DAX.key] == DAX
    assert [failure.query.symbol for failure in replies.failures] == ["DAX"]
    assert (replies.runs, replies.is_running) == (1, False)


def test_a_product_that_is_named_twice_is_read_once(service: RenormalisingService) -> None:
    assert len(list(service.renormalise((CL.key, CL.key), NOW))) == 1


def test_a_dry_run_opens_no_run_and_changes_nothing(
    service: RenormalisingService, replies: InMemoryRawReplies
) -> None:
    outcomes = list(service.renormalise((ES.key, DAX.key), NOW, dry_run=True))
    assert message(outcomes) == [("ES", ["name"]), ("DAX", "failed")]
    assert (replies.runs, replies.failures, replies.stored[ES.key]) == (0, [], ES)


def test_without_products_no_run_is_opened(
    service: RenormalisingService, replies: InMemoryRawReplies
) -> None:
    assert list(service.renormalise((), NOW)) == []
    assert replies.runs == 0
