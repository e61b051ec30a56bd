"""Every keeper of raw replies, the in-memory fake included, keeps the promises of its port."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.future_port import NOW_PLEASE, by_symbol
from contracts.raw_reply_port import (
    CRUDE_OIL,
    DAY,
    ES,
    FIRST,
    KeptRawReplies,
    RawReplyPortContract,
    reply,
    whole_reply,
)
from databases import dump, refuse_damage
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.raw_replies import InMemoryRawReplies
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import (
    InvalidReplyError,
    ReplyError,
    SampleDataError,
    ShrinkRefusedError,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, Evidence
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.raw_replies import RawReplyUsage
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository


class InMemory(KeptRawReplies):
    def __init__(self) -> None:
        self.port = self.replies = InMemoryRawReplies(FakeClock())

    def keep(self, product: Future, replies: Iterable[Evidence]) -> None:
        listing = ContractListing(first_seen_at=FIRST, last_seen_at=FIRST)
        chain = (dataclasses.replace(contract, listing=listing) for contract in product.contracts)
        con_ids = {contract.con_id for contract in product.contracts}
        for key, stored in list(self.replies.stored.items()):
            if key != product.key and con_ids == {contract.con_id for contract in stored.contracts}:
                del self.replies.stored[key]
                self.replies.replies[product.key] = self.replies.replies.pop(key)
        self.replies.stored[product.key] = dataclasses.replace(
            product, contracts=tuple(chain), synced_at=FIRST
        )
        kept = self.replies.replies.setdefault(product.key, [])
        for evidence in replies:
            self.replies.kept_by[len(self.replies.kept_by) + 1] = (product.key, len(kept))
            kept.append(evidence)


class Local(KeptRawReplies):
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.port = LocalRawReplies(database, self.clock)
        self.keep_raw_replies: timedelta | None = None

    def keep(self, product: Future, replies: Iterable[Evidence]) -> None:
        local = self._local()
        for evidence in tuple(replies) or (None,):
            self.clock.advance(minutes=1)
            acquired = AcquiredFuture(product=product, evidence=evidence)
            with local.sync_run(Origin.IBKR) as run:
                local.get_or_create_entity(
                    acquired, by_symbol(product), NOW_PLEASE, run, is_last=True
                )

    def refuse(self, query: FutureQuery, error: ReplyError, refused: Evidence) -> int:
        """Refuse a reply in a run; gives its number."""
        local = self._local()
        with local.sync_run(Origin.IBKR) as run:
            local.record_failure(FutureFailure(query=query, error=error), run, refused)
        return run.run_id

    def _local(self) -> LocalFutureRepository[Future]:
        return LocalFutureRepository(
            *(self.database, Future, FakeCatalogue(), self.clock),
            keep_raw_replies=self.keep_raw_replies,
        )


class TestInMemoryRawReplies(RawReplyPortContract):
    @pytest.fixture
    def kept(self) -> KeptRawReplies:
        return InMemory()


class DatabaseContract(RawReplyPortContract):
    def test_whole_replies_to_one_question_take_little_more_than_what_changed(
        self, kept: KeptRawReplies
    ) -> None:
        kept.keep(ES, [whole_reply(1)])
        first = kept.port.usage().size
        kept.keep(ES, map(whole_reply, (2, 3, 4)))
        assert kept.port.usage().size < 1.5 * first
        assert kept.newest(ES.key) == whole_reply(4)

    def test_what_newer_replies_were_packed_beside_is_kept_as_long_as_they_are(
        self, kept: KeptRawReplies
    ) -> None:
        kept.keep(ES, map(whole_reply, (1, 2, 3, 4)))
        assert kept.port.prune(FIRST + 4 * DAY).replies == 2
        assert kept.newest(ES.key) == whole_reply(4)
        assert kept.port.usage().oldest == FIRST + DAY

    def test_a_product_that_is_stored_loses_replies_past_their_time_but_never_its_newest(
        self, kept: Local
    ) -> None:
        kept.keep(CRUDE_OIL, map(reply, (1, 2)))
        kept.keep(ES, map(reply, (1, 2, 19)))
        kept.keep_raw_replies = 7 * DAY
        kept.keep(ES, [reply(21)])
        assert (kept.port.usage().replies, kept.port.usage().products) == (4, 2)
        assert kept.port.prune(FIRST + 19 * DAY).replies == 1  # of crude oil
        kept.keep_raw_replies = timedelta(0)
        kept.keep(CRUDE_OIL, [reply(3)])
        assert kept.port.usage() == dataclasses.replace(
            kept.port.usage(), replies=3, products=2, oldest=FIRST + 3 * DAY
        )
        assert kept.newest(CRUDE_OIL.key) == reply(3)

    def test_what_replies_of_another_product_were_packed_beside_stays_as_long_as_they_do(
        self, kept: Local
    ) -> None:
        kept.keep(ES, [whole_reply(1)])
        kept.keep(CRUDE_OIL, [whole_reply(2), reply(3)])
        kept.keep_raw_replies = 7 * DAY
        kept.keep(ES, [reply(20)])
        assert (kept.port.usage().replies, kept.port.usage().oldest) == (4, FIRST + DAY)
        kept.keep(CRUDE_OIL, [reply(21)])
        kept.keep(ES, [reply(22)])
        assert (kept.port.usage().replies, kept.port.usage().oldest) == (3, FIRST + 20 * DAY)

    def test_a_refused_reply_is_of_its_run_and_evidence_of_nothing(self, kept: Local) -> None:
        kept.keep(ES, [whole_reply(1)])
        before = kept.port.kept(ES.key)
        lost = ShrinkRefusedError(ES.key, 4, 3)
        refused = dataclasses.replace(whole_reply(2), gone=frozenset())
        run = kept.refuse(by_symbol(ES), lost, refused)
        ((key, number),) = kept.port.of_run(run)
        assert (key, number.is_refused) == (ES.key, True)
        assert kept.port.evidence(key, number) == refused
        unknown = FutureQuery(symbol="XX", exchange="CME")
        run = kept.refuse(unknown, InvalidReplyError("XX", "symbol", "", "empty"), reply(3))
        assert kept.port.of_run(run)[0][0] == ProductKey("XX", "CME", "")
        assert kept.port.kept(ES.key) == before
        assert kept.port.products() == (ES.key,)
        assert (kept.port.usage().replies, kept.port.usage().products) == (3, 1)

        kept.keep(ES, [whole_reply(4)])
        assert kept.newest(ES.key) == whole_reply(4)
        assert not any(reply.follows_gap for reply in kept.port.kept(ES.key).replies)
        assert kept.port.prunable(FIRST + 3 * DAY).replies == 1
        assert kept.port.prune(FIRST + 30 * DAY).replies == 2
        assert kept.port.of_run(run) == ()
        assert kept.newest(ES.key) == whole_reply(4)

    def test_a_refused_reply_is_kept_no_longer_than_others_and_sample_data_never(
        self, kept: Local
    ) -> None:
        error = InvalidReplyError("XX", "symbol", "", "empty")
        old = kept.refuse(FutureQuery(symbol="XX"), error, reply(1))
        sample = kept.refuse(FutureQuery(symbol="XX"), SampleDataError(ES.key), reply(1))
        assert (len(kept.port.of_run(old)), kept.port.of_run(sample)) == (1, ())
        kept.keep_raw_replies = timedelta(0)
        kept.keep(ES, [reply(2)])
        assert (kept.port.of_run(old), kept.port.usage().replies) == ((), 1)


class TestSqliteFile(DatabaseContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "futures.db"

    @pytest.fixture
    def kept(self, path: Path) -> Iterator[KeptRawReplies]:
        with Database(path) as database:
            yield Local(database)

    def test_counting_creates_no_file(self, kept: KeptRawReplies, path: Path) -> None:
        assert kept.port.usage() == RawReplyUsage()
        assert kept.port.database_size() == 0
        assert not path.exists()

    def test_a_file_is_smaller_once_it_is_compacted_and_holds_the_rest(
        self, kept: Local, path: Path
    ) -> None:
        evidence = (
            Evidence(
                received_at=FIRST + timedelta(days=number),
                server_version=187,
                client_version="9.81.1",
                frames=(os.urandom(200_000),),
            )
            for number in range(5)
        )
        kept.keep(ES, [*evidence, reply(9)])
        size = kept.port.database_size()
        assert kept.port.prune(FIRST + timedelta(days=30)).replies == 5
        before = dump(kept.database)
        kept.port.compact()
        assert kept.port.database_size() < size - 900_000, size
        assert dump(kept.database) == before
        assert path.stat().st_mode & 0o777 == 0o600
        kept.database.close()
        refuse_damage(path)


class TestMemoryDatabase(DatabaseContract):
    @pytest.fixture
    def kept(self) -> Iterator[KeptRawReplies]:
        with Database(":memory:") as database:
            yield Local(database)


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def kept(self, postgres_database: Database) -> KeptRawReplies:
        return Local(postgres_database)
