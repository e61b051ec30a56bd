"""Whether what is to be kept up to date is, on repositories in memory."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from contracts.future_port import query_for
from example_products import ES, NOW
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from fakes.runs import InMemoryRuns
from fakes.watchlist import InMemoryWatchlist
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.freshness import FreshnessReport, FreshnessService
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import ReplyTimeoutError, UnknownGroupError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.staleness import StaleReason
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from one_case import one_case

A_DAY = timedelta(hours=26)
NOVA = WatchedProduct(symbol="NOVA", group="night")
WATCHED_ES = WatchedProduct(symbol="ES", exchange="CME", trading_class="ES")


class World:
    """A repository, a watchlist and a clock, with what is told of them."""

    def __init__(self, *watched: WatchedProduct) -> None:
        self.clock = FakeClock(NOW)
        self.repository = InMemoryFutureRepository(Future, self.clock)
        names = SymbolResolver(FakeCatalogue(), InMemoryPins(), self.repository, self.clock)
        futures = FuturesService(self.repository, names, self.repository)
        watchlist = WatchlistService(InMemoryWatchlist(*watched), futures)
        self.runs = InMemoryRuns(self.repository)
        self.service = FreshnessService(watchlist, futures, self.runs)

    def sync(self, product: Future = ES, kind: RunKind = RunKind.REFRESH) -> None:
        product = dataclasses.replace(product, synced_at=self.clock())
        with self.repository.sync_run(Origin.IBKR, kind) as run:
            acquired = AcquiredFuture(product=product)
            self.repository.get_or_create_entity(acquired, query_for(product), SyncPolicy(), run)

    def fail(self, query: FutureQuery, kind: RunKind = RunKind.REFRESH) -> None:
        with self.repository.sync_run(Origin.IBKR, kind) as run:
            failure = FutureFailure(query=query, error=ReplyTimeoutError("it stalled"))
            self.repository.record_failure(failure, run)

    def check(self, *groups: str) -> FreshnessReport:
        return self.service.check(A_DAY, self.clock(), groups)


def test_a_product_that_is_closed_is_never_stale_and_one_that_ended_is_until_then() -> None:
    world = World()
    ended = dataclasses.replace(ES, symbol="NQ", contracts=(), synced_at=NOW)
    world.repository.products[ended.key] = ended
    world.clock.advance(days=30)
    world.sync()
    assert [product.key for product in world.check().stale] == [ended.key]
    world.repository.products[ended.key] = dataclasses.replace(ended, closed_at=NOW)
    report = world.check()
    assert (report.stale, report.checked) == ((), 1)
    assert [summary.key for summary in report.closed] == [ended.key]


def test_of_what_an_entry_of_the_list_means_the_closed_ones_are_not_checked() -> None:
    world = World(WatchedProduct(symbol="ES"))
    world.sync()
    closed = dataclasses.replace(ES, trading_class="ESX", synced_at=NOW, closed_at=NOW)
    world.repository.products[closed.key] = closed
    world.clock.advance(hours=1)
    assert world.check().checked == 1


def test_fresh_products_by_a_sound_run_are_fine() -> None:
    world = World()
    world.sync()
    world.clock.advance(hours=25)

    report = world.check()

    assert report.is_ok
    assert (report.checked, report.stale, report.is_run_alarming) == (1, (), False)


@one_case("origin", [Origin.IBKR, Origin.FILE, Origin.SAMPLE])
def test_only_sample_data_is_reported_to_be_that(origin: Origin) -> None:
    world = World(NOVA)
    world.sync(dataclasses.replace(ES, origin=origin))
    assert not world.check().is_sample  # ES is not on the list

    world = World(NOVA, WATCHED_ES)
    world.sync(dataclasses.replace(ES, origin=origin))
    assert world.check().is_sample == (origin is Origin.SAMPLE)


def test_what_is_watched_and_not_stored_is_stale() -> None:
    world = World(WATCHED_ES, NOVA)
    world.sync()

    report = world.check()

    assert not report.is_ok
    assert report.checked == 2
    assert [(product.asked, product.key) for product in report.stale] == [(NOVA.query, None)]


def test_what_failed_last_is_the_reason() -> None:
    world = World(WATCHED_ES)
    world.sync()
    world.clock.advance(hours=30)
    world.fail(WATCHED_ES.query)

    (stale,) = world.check().stale

    assert (stale.reason, stale.error) == (StaleReason.FAILED, "ReplyTimeoutError")


def test_nothing_to_keep_up_to_date_is_not_fine() -> None:
    report = World().check()

    assert (report.is_ok, report.checked, report.stale, report.run) == (False, 0, (), None)


def test_one_group_is_checked_alone() -> None:
    world = World(WATCHED_ES, NOVA)
    world.sync()

    assert [product.asked for product in world.check("night").stale] == [NOVA.query]
    with pytest.raises(UnknownGroupError):
        world.check("day")


def test_every_stored_product_that_an_entry_may_mean_is_checked() -> None:
    world = World(WatchedProduct(symbol="ES"))
    world.sync(dataclasses.replace(ES, exchange="NOTCME", contracts=()))
    world.clock.advance(hours=30)
    world.sync()

    report = world.check()

    assert report.checked == 2
    assert [product.key and product.key.exchange for product in report.stale] == ["NOTCME"]


def test_a_refresh_that_was_cut_short_is_not_fine_although_all_is_fresh() -> None:
    world = World()
    world.sync()
    with pytest.raises(KeyboardInterrupt), world.repository.sync_run(Origin.IBKR, RunKind.REFRESH):
        raise KeyboardInterrupt

    report = world.check()

    assert (report.is_ok, report.stale, report.is_run_alarming) == (False, (), True)


@one_case(
    ("is_lock_held", "begun_ago", "has_died"),
    [
        (False, timedelta(minutes=1), True),
        (True, timedelta(minutes=1), False),
        (None, timedelta(minutes=1), False),  # where the system does not say
        (False, timedelta(), False),  # it began after the lock was looked at
    ],
)
def test_a_refresh_whose_process_died_was_cut_short(
    is_lock_held: bool | None, begun_ago: timedelta, has_died: bool
) -> None:
    world = World(WATCHED_ES, NOVA)
    world.sync()
    world.runs.is_lock_held = is_lock_held
    with world.repository.sync_run(Origin.IBKR, RunKind.REFRESH):
        world.clock.advance(seconds=begun_ago.total_seconds())
        report = world.check()

    assert report.is_run_alarming is has_died
    (stale,) = report.stale
    assert stale.reason is (StaleReason.RUN_CUT_SHORT if has_died else StaleReason.RUN_UNFINISHED)


@one_case("kind", [RunKind.GET, RunKind.NAMED_REFRESH])
def test_what_somebody_asked_for_by_hand_says_nothing_of_the_refresh(kind: RunKind) -> None:
    world = World()
    world.sync()
    world.fail(FutureQuery(symbol="TYPO"), kind)

    assert world.check().is_ok


def test_what_somebody_asks_for_by_hand_hides_no_refresh_that_was_cut_short() -> None:
    world = World()
    world.sync()
    with pytest.raises(KeyboardInterrupt), world.repository.sync_run(Origin.IBKR, RunKind.REFRESH):
        raise KeyboardInterrupt
    world.sync(kind=RunKind.NAMED_REFRESH)

    report = world.check()

    assert report.is_run_alarming
    assert (report.run and report.run.kind) is RunKind.REFRESH


def test_a_refresh_in_which_every_product_failed_was_not_cut_short() -> None:
    world = World()
    world.sync()
    world.fail(FutureQuery(symbol="TYPO"))

    assert world.check().is_ok


def test_without_any_refresh_what_failed_by_hand_alarms_nobody() -> None:
    world = World()
    world.sync(kind=RunKind.GET)
    world.fail(FutureQuery(symbol="TYPO"), RunKind.GET)

    report = world.check()

    assert report.run is not None
    assert (report.is_ok, report.is_run_alarming) == (True, False)
