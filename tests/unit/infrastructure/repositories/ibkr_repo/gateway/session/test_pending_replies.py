"""What is due: each result is set once, and nothing waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest

from fakes.recordings import reply_rows
from ibkr_sync.domain.errors import ConnectionLostError, InvalidReplyError, ReplyTimeoutError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.pending_replies import (
    LADDER_PATIENCE,
    PendingReplies,
)

ES = ContractRequest(symbol="ES", exchange="CME")
NQ = ContractRequest(symbol="NQ")
REPLY = ContractReply(
    request=ES,
    rows=reply_rows(()),
    end_frame=b"",
    received_at=datetime(2026, 11, 23, tzinfo=UTC),
    server_version=157,
    client_version="9.81.1",
)
LOST = ConnectionLostError("127.0.0.1", 4002, "closed")


@pytest.fixture
def pending() -> PendingReplies:
    return PendingReplies(idle_timeout=10, total_timeout=25)


def test_a_reply_goes_to_the_request_of_its_id(pending: PendingReplies) -> None:
    first = pending.expect_contracts(1, ES, 0)
    second = pending.expect_contracts(2, NQ, 0)
    pending.complete_contracts(2, REPLY)
    assert second.result(0) is REPLY
    assert not first.done()
    assert pending.find_chain(2) is None
    chain = pending.find_chain(1)
    assert chain is not None
    assert chain.request is ES


def test_what_comes_after_a_result_belongs_to_nobody(pending: PendingReplies) -> None:
    result = pending.expect_contracts(1, ES, 0)
    pending.complete_contracts(1, REPLY)
    pending.complete_contracts(1, REPLY)
    pending.fail(1, LOST)
    pending.fail_all(LOST)
    assert result.result(0) is REPLY


def test_a_failure_concerns_its_request_alone(pending: PendingReplies) -> None:
    first, second = pending.expect_contracts(1, ES, 0), pending.expect_contracts(2, ES, 0)
    pending.fail(1, LOST)
    assert first.exception(0) is LOST
    assert not second.done()


def test_an_id_that_nobody_used_concerns_nobody(pending: PendingReplies) -> None:
    result = pending.expect_contracts(1, ES, 0)
    pending.fail(-1, LOST)
    pending.complete_contracts(7, REPLY)
    pending.complete_ladder(LadderEvent(67, ()))
    assert not result.done()


def test_everything_fails_together(pending: PendingReplies) -> None:
    due: list[Future[Any]] = [
        pending.expect_contracts(1, ES, 0),
        pending.expect_ladder(67, 0),
    ]
    pending.fail_all(LOST)
    assert [product.exception(0) for product in due] == [LOST] * 2


def test_a_ladder_goes_to_all_who_asked_for_it_and_to_nobody_else(pending: PendingReplies) -> None:
    asked = [pending.expect_ladder(67, 0), pending.expect_ladder(67, 1)]
    other = pending.expect_ladder(68, 0)
    ladder = LadderEvent(67, ((0.0, 0.25),))
    pending.complete_ladder(ladder)
    assert [product.result(0) for product in asked] == [ladder, ladder]
    assert not other.done()


def test_ladders_can_fail_without_the_chains(pending: PendingReplies) -> None:
    chain = pending.expect_contracts(67, ES, 0)
    ladder = pending.expect_ladder(67, 0)
    malformed = InvalidReplyError("a tick ladder", "message", "", "x")
    pending.fail_ladders(malformed)
    assert ladder.exception(0) is malformed
    assert not chain.done()


def test_what_could_not_be_sent_fails_alone(pending: PendingReplies) -> None:
    chain, other = pending.expect_contracts(67, ES, 0), pending.expect_contracts(68, ES, 0)
    ladder = pending.expect_ladder(67, 0)
    pending.fail_unsent(ladder, LOST)
    pending.fail_unsent(other, LOST)
    assert ladder.exception(0) is other.exception(0) is LOST
    assert not chain.done()


def test_silence_fails_everything_after_the_idle_timeout(pending: PendingReplies) -> None:
    due: list[Future[Any]] = [
        pending.expect_contracts(1, ES, 100),
        pending.expect_contracts(2, NQ, 100),
    ]
    pending.expire(110)
    assert not any(product.done() for product in due)
    pending.expire(110.1)
    for product in due:
        assert isinstance(product.exception(0), ReplyTimeoutError)
        assert "nothing arrived for 10 s" in str(product.exception(0))


def test_progress_of_one_reply_keeps_the_others_waiting(pending: PendingReplies) -> None:
    """TWS answers requests one after the other."""
    due = pending.expect_contracts(1, ES, 100)
    pending.note_progress(109)
    pending.expire(118)
    assert not due.done()
    pending.expire(119.1)
    assert due.done()


def test_a_new_request_is_progress(pending: PendingReplies) -> None:
    first = pending.expect_contracts(1, ES, 100)
    pending.expect_contracts(2, ES, 109)
    pending.expire(118)
    assert not first.done()


def test_each_request_fails_after_its_own_total_timeout(pending: PendingReplies) -> None:
    early, late = pending.expect_contracts(1, ES, 100), pending.expect_contracts(2, ES, 120)
    ladder = pending.expect_ladder(67, 100)
    for now in range(100, 126):
        pending.note_progress(now)
        pending.expire(now)
    assert not early.done()
    pending.expire(125.1)
    for product in (early, ladder):
        assert "incomplete after 25 s" in str(product.exception(0))
    assert not late.done()
    pending.note_progress(145)
    pending.expire(145)
    assert not late.done()
    pending.expire(145.1)
    assert "incomplete after 25 s" in str(late.exception(0))


def test_a_silent_ladder_is_given_up_soon_and_a_chain_is_not(pending: PendingReplies) -> None:
    chain, ladder = pending.expect_contracts(1, ES, 100), pending.expect_ladder(67, 100)
    pending.expire(100 + LADDER_PATIENCE)
    assert not ladder.done()
    pending.note_progress(101)
    pending.expire(101 + LADDER_PATIENCE)
    assert not ladder.done(), "while the gateway is at work"
    pending.expire(101.1 + LADDER_PATIENCE)
    assert "nothing arrived for 3 s" in str(ladder.exception(0))
    assert not chain.done()


def test_a_ladder_is_not_waited_for_longer_than_anything_else() -> None:
    hasty = PendingReplies(idle_timeout=1, total_timeout=25)
    ladder = hasty.expect_ladder(67, 100)
    hasty.expire(101.1)
    assert "nothing arrived for 1 s" in str(ladder.exception(0))


def test_a_later_request_gives_an_earlier_one_no_more_time(pending: PendingReplies) -> None:
    early, late = pending.expect_contracts(1, ES, 100), pending.expect_contracts(2, ES, 120)
    pending.expire(125.1)
    assert early.done()
    assert not late.done()


def test_nothing_due_never_expires(pending: PendingReplies) -> None:
    pending.expire(1e9)
    due = pending.expect_contracts(1, ES, 1e9)
    pending.expire(1e9 + 1)
    assert not due.done()


def test_completing_and_failing_at_once_sets_each_result_once() -> None:
    pending = PendingReplies(idle_timeout=10, total_timeout=25)
    due = [pending.expect_contracts(number, ES, 0) for number in range(2000)]
    problems: list[BaseException] = []

    def guarded(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - shown by the test
            problems.append(error)

    def complete() -> None:
        for number in range(2000):
            pending.complete_contracts(number, REPLY)

    def fail() -> None:
        for number in reversed(range(2000)):
            pending.fail(number, LOST)

    threads = [threading.Thread(target=guarded, args=(item,)) for item in (complete, fail)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert all(product.done() for product in due)
