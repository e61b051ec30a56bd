"""What is kept is saved, and what can't be is reported."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pytest

from contracts import examples
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.raw_replies import InMemoryRawReplies
from fakes.runs import InMemoryRuns
from ibkr_sync.application.services.kept_replies.recording import RecordingService
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import NoRawReplyError, RawReplyError, UnknownRunError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.ports.recordings import RecordingWriter

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LADDER = MarketRule(market_rule_id=67, increments=())


class FakeWriter(RecordingWriter):
    """Writes the first frames; refuses a reply without any."""

    def __init__(self) -> None:
        self.added: list[bytes] = []

    def add(self, key: ProductKey, evidence: Evidence) -> int:
        if not evidence.frames:
            raise RawReplyError(key, "it is empty")
        self.added.append(evidence.frames[0])
        return len(evidence.frames)

    def market_rule_ids(self) -> frozenset[int]:
        return frozenset({67})

    def text(self, ladders: Sequence[MarketRule], *, is_sample: bool) -> str:
        return f"{self.added} {ladders == (LADDER,)} {is_sample}"


def ladders(ids: Collection[int]) -> tuple[MarketRule, ...]:
    return (LADDER,) if 67 in ids else ()


@pytest.fixture
def replies() -> InMemoryRawReplies:
    kept = InMemoryRawReplies(FakeClock(NOW))
    frames = {examples.ES: (b"old", b"new"), examples.DAX: (), examples.CRUDE_OIL: (b"cl",)}
    for product, firsts in frames.items():
        kept.stored[product.key] = product
        kept.replies[product.key] = [
            Evidence(received_at=NOW, server_version=187, client_version="9", frames=(frame,))
            for frame in firsts
        ]
    kept.kept_by = {1: (examples.ES.key, 0)}
    return kept


@pytest.fixture
def service(replies: InMemoryRawReplies) -> RecordingService:
    repository: InMemoryFutureRepository[Future] = InMemoryFutureRepository(Future, FakeClock(NOW))
    for _ in range(2):
        with repository.sync_run(examples.ES.origin):
            pass
    return RecordingService(replies, InMemoryRuns(repository), ladders, FakeWriter)


def test_the_last_reply_of_each_product_is_saved_and_what_lacks_one_is_reported(
    service: RecordingService, replies: InMemoryRawReplies
) -> None:
    keys = (examples.ES.key, examples.DAX.key, examples.CRUDE_OIL.key)
    empty = Evidence(received_at=NOW, server_version=187, client_version="9", frames=())
    replies.replies[examples.CRUDE_OIL.key] = [empty]

    saved = service.of_products(keys)

    assert saved.text == "[b'new'] True False"
    assert saved.contracts == {examples.ES.key: 1}
    assert [error.product for error in saved.unusable] == [examples.DAX.key, keys[2]]
    assert service.of_products(keys[1:]).text == ""


def test_a_run_that_is_unknown_or_kept_nothing_is_an_error(service: RecordingService) -> None:
    assert service.of_run(1).text == "[b'old'] True False"
    with pytest.raises(NoRawReplyError):
        service.of_run(2)
    with pytest.raises(UnknownRunError):
        service.of_run(3)
