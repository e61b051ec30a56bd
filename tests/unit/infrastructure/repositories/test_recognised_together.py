"""Which recognised replies are stored in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import GatewayUnreachableError, ReplyTimeoutError, UnreachableReason
from ibkr_sync.domain.evidence.acquired_future import AcquiredLadders, Evidence, RecognisedReply
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition
from ibkr_sync.infrastructure.repositories.recognised_together import (
    MOST_CONTRACTS,
    MOST_PRODUCTS,
    recognised_together,
)

NOW = datetime(2026, 12, 5, 22, tzinfo=UTC)
HOURS = TradingSchedule(trading_hours="", liquid_hours="", time_zone_id="")
LADDERS = AcquiredLadders(rules=())


def recognised(
    number: int, *, of: int | None = None, contracts: int = 1
) -> tuple[FutureQuery, RecognisedReply]:
    """The reply to a query, which is about its own product or about another query's."""
    key = ProductKey(f"P{number if of is None else of}", "CME", "P")
    product = RememberedProduct(
        key=key,
        origin=Origin.IBKR,
        synced_at=NOW,
        market_rule_ids=frozenset(),
        basis="",
        mark="2027-01-01 x",
    )
    reply = RecognisedReply(
        product=product,
        statement=ReplyStatement(digest="", con_ids=frozenset(range(contracts)), schedule=HOURS),
        evidence=Evidence(received_at=NOW, server_version=1, client_version="", frames=()),
    )
    return FutureQuery(symbol=f"P{number}"), reply


def failed(number: int) -> tuple[FutureQuery, ReplyTimeoutError]:
    return FutureQuery(symbol=f"P{number}"), ReplyTimeoutError("no reply")


def grouped(acquisitions: Sequence[Acquisition[Future]], due: int | None = None) -> list[object]:
    """The symbols of each group, or of what stands alone; None for ladders."""
    count = sum(not isinstance(other, AcquiredLadders) for other in acquisitions)
    given = recognised_together(acquisitions, count if due is None else due)
    return list(map(shape, given))


def shape(given: object) -> object:
    if isinstance(given, dict):
        return [query.symbol for query in given]
    return given[0].symbol if isinstance(given, tuple) else None


def test_what_is_recognised_waits_for_others_and_for_nothing_else() -> None:
    asked = (recognised(1), recognised(2), failed(3), recognised(4), failed(5), recognised(6))

    assert grouped((*asked, LADDERS)) == [["P1", "P2"], "P3", ["P4"], "P5", ["P6"], None]


def test_a_source_that_gives_fewer_than_are_due_keeps_none_waiting() -> None:
    assert grouped([recognised(1), recognised(2)], due=9) == [["P1", "P2"]]


def test_a_product_is_stored_before_it_is_seen_again() -> None:
    asked = [recognised(1), recognised(2), recognised(3, of=1)]

    assert grouped(asked) == [["P1", "P2"], ["P3"]]


def test_few_products_wait_and_few_contracts() -> None:
    many = [recognised(number) for number in range(MOST_PRODUCTS + 1)]
    large = [recognised(1, contracts=MOST_CONTRACTS), recognised(2)]

    assert [len(group) for group in grouped(many) if isinstance(group, list)] == [
        MOST_PRODUCTS,
        1,
    ]
    assert grouped(large) == [["P1"], ["P2"]]


def test_nothing_is_lost_when_the_source_fails() -> None:
    def acquired() -> Iterator[Acquisition[Future]]:
        yield recognised(1)
        yield recognised(2)
        raise GatewayUnreachableError("127.0.0.1", 4002, UnreachableReason.REFUSED, "gone")

    given = recognised_together(acquired(), 3)

    assert shape(next(given)) == ["P1", "P2"]
    with pytest.raises(GatewayUnreachableError):
        next(given)
