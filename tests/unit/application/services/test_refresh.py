"""A refresh: what it asks for, in which order, and what it reports however it ends."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from example_products import ES, NOW
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.history import InMemoryHistory
from fakes.pins import InMemoryPins
from fakes.runs import InMemoryRuns
from fakes.source import FakeSource
from fakes.watchlist import InMemoryWatchlist
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.application.services.refresh import Refresh, RefreshSelection, RefreshService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    GatewayUnreachableError,
    MalformedSymbolError,
    NothingToRefreshError,
    ProductNotFoundError,
    RunInterrupted,
    UnknownGroupError,
    UnreachableReason,
)
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository
from one_case import one_case


def product(symbol: str, age: timedelta | None = None) -> Future:
    contracts = tuple(
        dataclasses.replace(contract, con_id=contract.con_id + hash_of(symbol), symbol=symbol)
        for contract in ES.contracts
    )
    return dataclasses.replace(
        ES,
        symbol=symbol,
        trading_class=symbol,
        contracts=contracts,
        synced_at=None if age is None else NOW - age,
    )


def hash_of(symbol: str) -> int:
    return int.from_bytes(symbol.encode(), "big") * 100


DAY, WEEK = timedelta(days=1), timedelta(days=7)
UNREACHABLE = GatewayUnreachableError("127.0.0.1", 4002, UnreachableReason.REFUSED, "refused")


class Rig:
    """A refresh service on what is kept in memory, with a source that knows CL, ES, NQ and ZN."""

    def __init__(self, *stored: Future, watched: tuple[WatchedProduct, ...] = ()) -> None:
        self.clock = FakeClock(NOW)
        self.local: InMemoryFutureRepository[Future] = InMemoryFutureRepository(Future, self.clock)
        self.local.products = {future.key: future for future in stored}
        known = [product(symbol) for symbol in ("CL", "ES", "NQ", "ZN")]
        self.source = FakeSource(*known)
        delegating = DelegatingFutureRepository(self.source, self.local, self.clock)
        names = SymbolResolver(FakeCatalogue(), InMemoryPins(), self.local, self.clock)
        futures = FuturesService(delegating, names, self.local)
        watchlist = WatchlistService(InMemoryWatchlist(*watched), futures)
        self.seconds = 0.0
        self.seconds_between_looks = 0.0
        self.service = RefreshService(
            futures,
            watchlist,
            HistoryService(InMemoryHistory(self.local)),
            InMemoryRuns(self.local),
            clock=self.clock,
            timer=self._timer,
        )

    def _timer(self) -> float:
        self.seconds += self.seconds_between_looks
        return self.seconds

    def begin(self, *symbols: str, groups: tuple[str, ...] = (), **policy: object) -> Refresh:
        selection = RefreshSelection(symbols=symbols, groups=groups)
        return self.service.begin(selection, SyncPolicy(**policy))  # type: ignore[arg-type]


def asked(refresh: Refresh) -> list[str]:
    return [outcome.query.symbol for outcome in refresh]


def watched(symbol: str, group: str | None = None) -> WatchedProduct:
    return WatchedProduct(symbol=symbol, group=group)


def test_all_that_is_stored_is_asked_for_the_oldest_first_and_reported_by_name() -> None:
    rig = Rig(product("CL", DAY), product("ES"), product("NQ", WEEK))
    refresh = rig.begin()
    assert asked(refresh) == ["ES", "NQ", "CL"]
    assert [update.key.symbol for update in refresh.report().updates] == ["CL", "ES", "NQ"]


def test_the_deadline_counts_from_before_the_names_were_looked_up() -> None:
    rig = Rig(product("ES", DAY))
    rig.seconds_between_looks = 20.0
    for deadline, left in ((60, 40), (10, 0)):
        assert asked(rig.begin("ES", deadline=timedelta(seconds=deadline))) == ["ES"]
        assert rig.source.policy.deadline == timedelta(seconds=left)


def test_the_watchlist_is_asked_for_in_place_of_what_is_stored() -> None:
    rig = Rig(product("CL", DAY), watched=(watched("ES"), watched("NQ", "night")))
    assert asked(rig.begin()) == ["ES", "NQ"]
    assert asked(rig.begin(groups=("night",))) == ["NQ"]
    with pytest.raises(UnknownGroupError):
        rig.begin(groups=("day",))


def test_named_products_are_asked_for_as_they_were_named() -> None:
    rig = Rig(product("CL"), product("NQ", WEEK), watched=(watched("ES"),))
    assert asked(rig.begin("NQ", "CL")) == ["NQ", "CL"]
    assert [record.run.kind for record in rig.local.runs] == [RunKind.NAMED_REFRESH]


def test_a_refresh_of_the_list_is_recorded_as_one() -> None:
    rig = Rig(watched=(watched("ES"),))
    asked(rig.begin())
    assert [record.run.kind for record in rig.local.runs] == [RunKind.REFRESH]


def test_nothing_to_refresh_is_an_error_before_anything_is_asked() -> None:
    rig = Rig()
    with pytest.raises(NothingToRefreshError):
        rig.begin()
    with pytest.raises(MalformedSymbolError):
        rig.begin("ES", "???")
    assert rig.local.runs == []
    closed = dataclasses.replace(product("CL"), closed_at=NOW)
    with pytest.raises(NothingToRefreshError, match=r"closed: CL@"):
        Rig(closed).begin()
    rig = Rig(closed, product("NQ"))
    assert [summary.key for summary in rig.begin().report().closed] == [closed.key]
    assert rig.begin("CL").report().closed == ()


def test_what_fails_leaves_the_others_and_is_reported_in_its_place() -> None:
    rig = Rig(watched=(watched("ES"), watched("NOSUCH"), watched("NQ")))
    refresh = rig.begin()
    list(refresh)
    report = refresh.report()
    assert [type(outcome).__name__ for outcome in report.outcomes] == [
        "RefreshedProduct",
        "FutureFailure",
        "RefreshedProduct",
    ]
    assert isinstance(report.failures[0].error, ProductNotFoundError)
    assert (report.unasked, report.has_success, report.ended_by) == ((), True, None)


def test_a_gateway_that_dies_fails_what_is_still_due_and_nothing_else() -> None:
    rig = Rig(watched=(watched("ES"), watched("NQ"), watched("ZN")))
    rig.source.dies_of["NQ"] = UNREACHABLE
    refresh = rig.begin()
    assert asked(refresh) == ["ES"]
    report = refresh.report()
    assert [update.key.symbol for update in report.updates] == ["ES"]
    assert [(failure.query.symbol, failure.error) for failure in report.failures] == [
        ("NQ", UNREACHABLE),
        ("ZN", UNREACHABLE),
    ]
    assert (report.ended_by, report.has_answers, report.unasked) == (UNREACHABLE, True, ())


def test_what_was_fresh_is_no_success_where_the_gateway_was_away() -> None:
    rig = Rig(product("ES", timedelta(hours=1)), watched=(watched("ES"), watched("NQ")))
    rig.source.dies_of["NQ"] = UNREACHABLE
    refresh = rig.begin(max_age=DAY)
    list(refresh)
    report = refresh.report()
    assert [update.outcome for update in report.updates] == ["fresh"]
    assert (report.has_answers, report.has_success) == (False, False)


@one_case("interruption", [RunInterrupted(15), OSError("disk full")])
def test_what_ends_the_run_leaves_a_report_of_what_was_stored(
    interruption: BaseException,
) -> None:
    rig = Rig(watched=(watched("ES"), watched("NQ"), watched("ZN")))
    rig.source.dies_of["NQ"] = interruption
    refresh = rig.begin()
    with pytest.raises(type(interruption)):
        asked(refresh)
    report = refresh.report()
    assert [update.key.symbol for update in report.updates] == ["ES"]
    assert [query.symbol for query in report.unasked] == ["NQ", "ZN"]
    assert [key.symbol for key in rig.local.products] == ["ES"]


def test_who_stops_listening_ends_the_run_and_gets_a_report() -> None:
    rig = Rig(watched=(watched("ES"), watched("NQ")))
    refresh = rig.begin()
    for _ in refresh:
        break
    assert [query.symbol for query in refresh.report().unasked] == ["NQ"]
    assert [record.outcome for record in rig.local.runs] == ["interrupted"]


def test_the_report_names_its_own_run_and_none_where_nothing_is_recorded() -> None:
    rig = Rig(watched=(watched("ES"),))
    recorded, dry = rig.begin(), rig.begin(dry_run=True)
    list(recorded)
    list(dry)
    assert recorded.report().run_id == rig.local.runs[0].run.run_id
    assert dry.report().run_id is None


def test_the_time_a_refresh_takes_is_not_the_clocks() -> None:
    rig = Rig(watched=(watched("ES"),))
    refresh = rig.begin()
    for _ in refresh:
        rig.seconds, rig.clock.now = 12.0, NOW - timedelta(hours=1)
    report = refresh.report()
    assert report.took == timedelta(seconds=12)
    assert (report.started_at, report.finished_at) == (NOW, NOW - timedelta(hours=1))


def test_a_refresh_took_as_long_as_its_run_is_recorded() -> None:
    rig = Rig(watched=(watched("ES"),))
    refresh = rig.begin()
    rig.seconds = 12.0
    for _ in refresh:
        rig.clock.advance(seconds=7)
    assert refresh.report().took == timedelta(seconds=7)


def test_a_product_that_ibkr_gave_up_is_distinguished_from_one_that_was_never_there() -> None:
    rig = Rig(product("GONE", DAY), watched=(watched("GONE"), watched("NOSUCH")))
    refresh = rig.begin()
    list(refresh)
    report = refresh.report()
    gone = {failure.query.symbol: report.is_given_up(failure) for failure in report.failures}
    assert gone == {"GONE": True, "NOSUCH": False}
