"""What everyone promises who tells of recorded runs."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from contracts import examples
from contracts.future_port import query_for
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import GatewayUnreachableError, ReplyTimeoutError, UnreachableReason
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from one_case import one_case

REFUSED = GatewayUnreachableError("gateway", 4002, UnreachableReason.REFUSED, "nobody listens")
STALLED = ReplyTimeoutError("no reply for 30 s")
NOVA = FutureQuery(symbol="NOVA")


class RunsPortContract:
    """The promises of `RunsPort`; inherit and override `local` and `runs`, on one storage."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def local(self, clock: FakeClock) -> LocalFuturePort[Future]:
        """What records the runs."""
        raise NotImplementedError

    @pytest.fixture
    def runs(self) -> RunsPort:
        raise NotImplementedError

    def store(self, local: LocalFuturePort[Future], product: Future, run: SyncRun) -> None:
        acquired = AcquiredFuture(product=product, gone=examples.EVERY_CON_ID)
        local.get_or_create_entity(acquired, query_for(product), SyncPolicy(), run)

    def fail(self, local: LocalFuturePort[Future], query: FutureQuery, run: SyncRun) -> None:
        local.record_failure(FutureFailure(query=query, error=STALLED), run)

    def test_where_nothing_ran_there_is_nothing(self, runs: RunsPort) -> None:
        assert (runs.last_runs(5), runs.run(1)) == ((), None)
        assert (runs.products_of(1), runs.last_attempts()) == ((), ())

    @one_case("run_id", [0, -1, 7, 2**31, 2**70])
    def test_a_run_that_there_is_not_is_none(
        self, local: LocalFuturePort[Future], runs: RunsPort, run_id: int
    ) -> None:
        with local.sync_run(Origin.IBKR):
            pass
        assert (runs.run(run_id), runs.products_of(run_id)) == (None, ())

    def test_a_run_is_reported_with_what_came_of_its_products_in_all(
        self, local: LocalFuturePort[Future], runs: RunsPort, clock: FakeClock
    ) -> None:
        began = clock()
        with local.sync_run(Origin.IBKR, RunKind.REFRESH) as run:
            self.store(local, examples.ES, run)
            self.store(local, examples.DAX, run)
            self.fail(local, NOVA, run)
            clock.advance(minutes=3)

        (recorded,) = runs.last_runs(9)

        assert recorded == runs.run(run.run_id)
        assert (recorded.run_id, recorded.origin, recorded.kind) == (
            run.run_id,
            Origin.IBKR,
            RunKind.REFRESH,
        )
        assert (recorded.started_at, recorded.took) == (began, timedelta(minutes=3))
        assert (recorded.outcome, recorded.error) == (RunOutcome.PARTIAL, None)
        assert (recorded.succeeded, recorded.failed) == (2, 1)
        assert recorded.counts == ContractCounts(added=6)

    def test_a_run_counts_a_product_once_and_a_move_where_it_began(
        self, local: LocalFuturePort[Future], runs: RunsPort, clock: FakeClock
    ) -> None:
        es = dataclasses.replace(examples.ES, synced_at=clock())
        with local.sync_run(Origin.IBKR) as run:
            self.store(local, es, run)
        *stayed, mover = es.contracts
        left = dataclasses.replace(es, contracts=tuple(stayed))
        mover = dataclasses.replace(mover, trading_class="ESX")
        taker = dataclasses.replace(es, trading_class="ESX", contracts=(mover,))
        with local.sync_run(Origin.IBKR) as run:
            acquired = AcquiredFuture(product=left, others=(taker,))
            local.get_or_create_entity(acquired, query_for(left), SyncPolicy(), run)
            self.store(local, taker, run)
        (recorded,) = runs.last_runs(1)
        assert (recorded.succeeded, recorded.failed) == (2, 0)
        assert recorded.counts == ContractCounts(moved=1, unchanged=4)
        of_products = [(other.key, other.outcome) for other in runs.products_of(run.run_id)]
        assert of_products == [
            (taker.key, ProductOutcome.CREATED),
            (es.key, ProductOutcome.UPDATED),
            (taker.key, ProductOutcome.UNCHANGED),
        ]

    @pytest.mark.parametrize("message", [Origin.IBKR, Origin.FILE])
    def test_a_run_that_stored_sample_data_is_one_of_the_sample_wherever_it_asked(
        self, local: LocalFuturePort[Future], runs: RunsPort, message: Origin
    ) -> None:
        sample = dataclasses.replace(examples.ES, origin=Origin.SAMPLE)
        with local.sync_run(message) as run:
            self.fail(local, NOVA, run)
            self.store(local, sample, run)
        assert [other.origin for other in runs.last_runs(1)] == [Origin.SAMPLE]

    def test_a_run_that_failed_for_a_product_of_the_sample_is_from_where_it_asked(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        sample = dataclasses.replace(examples.ES, origin=Origin.SAMPLE)
        with local.sync_run(Origin.SAMPLE) as run:
            self.store(local, sample, run)
        with local.sync_run(Origin.IBKR) as run:
            self.fail(local, query_for(sample), run)
        assert [other.origin for other in runs.last_runs(2)] == [Origin.IBKR, Origin.SAMPLE]

    def test_a_run_without_products_has_none_of_anything(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        with local.sync_run(Origin.FILE):
            pass
        (recorded,) = runs.last_runs(1)
        assert (recorded.outcome, recorded.succeeded, recorded.failed) == (RunOutcome.OK, 0, 0)
        assert recorded.counts == ContractCounts()

    def test_what_ended_a_run_is_reported(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        with pytest.raises(GatewayUnreachableError), local.sync_run(Origin.IBKR):
            raise REFUSED
        (recorded,) = runs.last_runs(1)
        assert recorded.outcome is RunOutcome.FAILED
        assert recorded.error == "GatewayUnreachableError"
        assert recorded.message == "gateway:4002: nobody listens"

    def test_a_run_that_goes_on_has_no_end_yet(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        with local.sync_run(Origin.IBKR):
            (recorded,) = runs.last_runs(1)
        assert (recorded.outcome, recorded.took) == (RunOutcome.RUNNING, None)

    def test_how_long_a_run_took_is_unknown_when_the_clock_was_set_back_meanwhile(
        self, local: LocalFuturePort[Future], runs: RunsPort, clock: FakeClock
    ) -> None:
        with local.sync_run(Origin.IBKR):
            clock.advance(hours=-1)
        (recorded,) = runs.last_runs(1)
        assert (recorded.finished_at, recorded.took) == (clock(), None)
        assert recorded.outcome is RunOutcome.OK

    def test_the_newest_runs_come_first_and_no_more_than_asked_for(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        for kind in (RunKind.GET, RunKind.REFRESH, RunKind.GET):
            with local.sync_run(Origin.IBKR, kind):
                pass
        ids = [run.run_id for run in runs.last_runs(9)]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 3
        assert [run.run_id for run in runs.last_runs(2)] == ids[:2]
        assert [run.run_id for run in runs.last_runs(2, kind=RunKind.REFRESH)] == ids[1:2]

    def test_what_came_of_each_product_is_reported_in_order(
        self, local: LocalFuturePort[Future], runs: RunsPort
    ) -> None:
        with local.sync_run(Origin.IBKR) as first:
            self.store(local, examples.ES, first)
        fewer = dataclasses.replace(examples.ES, contracts=examples.ES.contracts[:-1])
        with local.sync_run(Origin.IBKR) as run:
            self.store(local, fewer, run)
            self.fail(local, query_for(examples.ES), run)
            self.fail(local, NOVA, run)

        stored, failed, unknown = runs.products_of(run.run_id)

        assert {product.run_id for product in (stored, failed, unknown)} == {run.run_id}
        assert (stored.key, stored.asked) == (examples.ES.key, query_for(examples.ES))
        assert (stored.outcome, stored.error) == (ProductOutcome.UPDATED, None)
        assert stored.counts == ContractCounts(missing=1, unchanged=3)
        assert (failed.key, failed.outcome) == (examples.ES.key, ProductOutcome.FAILED)
        assert (failed.error, failed.message) == ("ReplyTimeoutError", "no reply for 30 s")
        assert (unknown.key, unknown.asked) == (None, NOVA)

    def test_of_each_product_the_newest_record_is_its_last_attempt(
        self, local: LocalFuturePort[Future], runs: RunsPort, clock: FakeClock
    ) -> None:
        for _ in range(2):
            with local.sync_run(Origin.IBKR) as run:
                self.store(local, examples.ES, run)
                self.fail(local, NOVA, run)
            clock.advance(days=1)
        with local.sync_run(Origin.IBKR) as last:
            self.fail(local, FutureQuery(symbol="ES"), last)

        attempts = runs.last_attempts()

        assert [(attempt.key, attempt.asked, attempt.run_id) for attempt in attempts] == [
            (examples.ES.key, FutureQuery(symbol="ES"), last.run_id),
            (None, NOVA, run.run_id),
        ]
