"""What every keeper of raw replies promises."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts import examples
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import AlreadyRunningError, RawReplyError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.ports.raw_replies import RawReplyPort, RawReplyUsage

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
ES = examples.with_chain(examples.ES, 4, first_con_id=1)
CRUDE_OIL = examples.with_chain(examples.CRUDE_OIL, 3, first_con_id=100)


def reply(number: int) -> Evidence:
    """The reply of the day of this number, as no other."""
    return Evidence(
        received_at=FIRST + number * DAY,
        server_version=187,
        client_version="9.81.1",
        frames=(b"row %d" % number, b"end"),
    )


def whole_reply(number: int) -> Evidence:
    """A reply of the day of this number as a gateway gives it, whose hours roll from day to day."""
    hours = ";".join(f"{day}:1700-{day + 1}:1600" for day in range(20261101, 20261108))
    rolled = hours.replace("202611", f"2026{number:02}")
    texts = [
        f"ES{other}\0{hash((other, 7)) ** 5}\0{rolled}\0{number}\0" + "LMT,MKT\0" * 20
        for other in range(50)
    ]
    return Evidence(
        received_at=FIRST + number * DAY,
        server_version=187,
        client_version="9.81.1",
        frames=(*(text.encode() for text in texts), b"end %d" % number),
        symbol="ES",
        exchange="CME",
        answers=(b"row %d" % number, b"end"),
        gone=frozenset({number}),
    )


class KeptRawReplies(ABC):
    """Raw replies, and a way to keep more."""

    port: RawReplyPort

    def newest(self, key: ProductKey) -> Evidence:
        """The last reply of a product that is kept."""
        return self.port.evidence(key, self.port.kept(key).replies[-1])

    @abstractmethod
    def keep(self, product: Future, replies: Iterable[Evidence]) -> None:
        """Store a product each time with one of the replies, or once without.

        One with the whole chain of another product is that product under another name.
        """


class RawReplyPortContract:
    """The promises of `RawReplyPort`; inherit and override `kept`."""

    @pytest.fixture
    def kept(self) -> KeptRawReplies:
        raise NotImplementedError

    @pytest.fixture
    def port(self, kept: KeptRawReplies) -> RawReplyPort:
        return kept.port

    def test_where_nothing_is_stored_there_is_nothing(self, port: RawReplyPort) -> None:
        assert (port.products(), port.usage()) == ((), RawReplyUsage())
        assert port.prunable(FIRST) == RawReplyUsage()
        with pytest.raises(RawReplyError, match="the product is not stored"):
            port.kept(ES.key)

    def test_products_with_a_reply_are_given_by_key(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(1), reply(2)])
        kept.keep(CRUDE_OIL, [reply(1)])
        kept.keep(examples.DAX, [])
        assert kept.port.products() == (CRUDE_OIL.key, ES.key)

    def test_replies_are_given_as_they_were_kept_in_order(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(1), reply(2)])
        found = kept.port.kept(ES.key)
        assert found.product.key == ES.key
        assert [kept.port.evidence(ES.key, other) for other in found.replies] == [
            reply(1),
            reply(2),
        ]

    def test_a_run_has_kept_what_it_brought(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(1), reply(2)])
        kept.keep(CRUDE_OIL, [reply(3)])
        for run, key in enumerate((ES.key, ES.key, CRUDE_OIL.key), start=1):
            ((found, number),) = kept.port.of_run(run)
            assert (found, kept.port.evidence(key, number)) == (key, reply(run))
        assert kept.port.of_run(4) == kept.port.of_run(1 << 40) == ()

    def test_a_product_takes_its_replies_along_when_it_is_renamed(
        self, kept: KeptRawReplies
    ) -> None:
        kept.keep(ES, [reply(1), reply(2)])
        names: dict[str, Any] = {"symbol": "SPX", "trading_class": "SPX"}
        chain = tuple(dataclasses.replace(contract, **names) for contract in ES.contracts)
        renamed = dataclasses.replace(ES, symbol="SPX", trading_class="SPX", contracts=chain)
        kept.keep(renamed, [reply(3)])
        assert kept.port.products() == (renamed.key,)
        assert (kept.port.usage().replies, kept.port.usage().products) == (3, 1)
        assert kept.newest(renamed.key) == reply(3)
        assert kept.port.prune(FIRST + 30 * DAY).replies == 2

    def test_a_product_without_a_reply_has_none(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [])
        with pytest.raises(RawReplyError, match="none is kept"):
            kept.port.kept(ES.key)

    def test_what_came_from_a_file_since_has_no_reply_it_came_from(
        self, kept: KeptRawReplies
    ) -> None:
        kept.keep(ES, [reply(1)])
        synced_at = kept.port.kept(ES.key).product.synced_at
        assert synced_at is not None
        later = synced_at + timedelta(seconds=1)
        kept.keep(dataclasses.replace(ES, origin=Origin.FILE, synced_at=later), [])
        assert kept.port.products() == ()
        with pytest.raises(RawReplyError, match="came from a file since"):
            kept.port.kept(ES.key)

    def test_a_product_is_rewritten_and_its_listing_stays(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(1)])
        before = kept.port.kept(ES.key).product
        halved = tuple(
            dataclasses.replace(contract, multiplier=Decimal(25)) for contract in ES.contracts[:2]
        )
        reread = dataclasses.replace(ES, name="S&P 500", contracts=halved)
        with kept.port.run() as run:
            update = kept.port.rewrite(ES.key, reread, {}, run)
        after = kept.port.kept(ES.key).product
        assert dataclasses.asdict(update.product) == dataclasses.asdict(after)
        assert [contract.multiplier for contract in after.contracts] == [25, 25, 50, 50]
        assert [contract.listing for contract in after.contracts] == [
            contract.listing for contract in before.contracts
        ]
        assert (after.synced_at, after.name) == (before.synced_at, "S&P 500")
        assert [(change.con_id, change.field) for change in update.history] == [
            (None, "name"),
            (1, "multiplier"),
            (2, "multiplier"),
        ]

    def test_two_runs_at_once_are_refused(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(1), reply(2)])
        with kept.port.run():
            with pytest.raises(AlreadyRunningError), kept.port.run():
                pass
            with pytest.raises(AlreadyRunningError):
                kept.port.prune(FIRST + 30 * DAY)
        assert kept.port.usage().replies == 2

    def test_usage_counts_replies_products_and_bytes(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, [reply(2), reply(3)])
        one = kept.port.usage()
        kept.keep(CRUDE_OIL, [reply(1)])
        both = kept.port.usage()
        assert (one.replies, one.products, one.oldest) == (2, 1, FIRST + 2 * DAY)
        assert (both.replies, both.products, both.oldest) == (3, 2, FIRST + DAY)
        assert 0 < one.size < both.size

    def test_what_is_older_is_deleted_but_for_the_newest_of_each_product(
        self, kept: KeptRawReplies
    ) -> None:
        kept.keep(ES, map(reply, (1, 2, 3, 4)))
        kept.keep(CRUDE_OIL, map(reply, (1, 2)))
        prunable = kept.port.prunable(FIRST + 3 * DAY)
        assert (prunable.replies, prunable.products, prunable.oldest) == (3, 2, FIRST + DAY)
        assert kept.port.prune(FIRST + 3 * DAY) == prunable
        left = kept.port.usage()
        assert (left.replies, left.products, left.oldest) == (3, 2, FIRST + 2 * DAY)
        assert kept.newest(ES.key) == reply(4)
        assert kept.newest(CRUDE_OIL.key) == reply(2)

    def test_a_second_time_nothing_is_left_to_delete(self, kept: KeptRawReplies) -> None:
        kept.keep(ES, map(reply, (1, 2, 3)))
        kept.port.prune(FIRST + 30 * DAY)
        assert kept.port.prune(FIRST + 30 * DAY) == RawReplyUsage()
        assert kept.port.usage().replies == 1

    def test_the_database_takes_more_than_nothing_and_can_be_compacted(
        self, kept: KeptRawReplies
    ) -> None:
        """A server counts what others keep in the same database, so less it need not be."""
        kept.keep(ES, map(reply, (1, 2, 3)))
        assert kept.port.database_size() > 0
        kept.port.compact()
        assert kept.port.database_size() > 0
        assert kept.port.usage().replies == 3
