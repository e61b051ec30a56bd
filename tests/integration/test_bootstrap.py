"""What bootstrap builds: as little as is asked for, and nothing that two calls share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ibkr_sync.application.services.refresh import Refresh, RefreshSelection
from ibkr_sync.bootstrap import Services, bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.runs.sync_policy import SyncPolicy


def sample_profile(database: Path) -> ProfileSettings:
    return ProfileSettings(
        source="ibkr", replay="sample", database=str(database), gateway=GatewaySettings()
    )


def begin(services: Services[Future], *symbols: str) -> Refresh:
    return services.refresh.begin(RefreshSelection(symbols=symbols), SyncPolicy())


def stored(services: Services[Future]) -> list[str]:
    return [summary.key.symbol for summary in services.futures.list_products()]


def test_two_sets_of_services_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = (sample_profile(tmp_path / name) for name in ("one.db", "other.db"))
    with bootstrap(one, Future) as first, bootstrap(other, Future) as second:
        list(begin(first, "CL"))  # so that the runs have different numbers
        refreshes = (begin(first, "ES", "NQ"), begin(second, "ZN", "GC"))
        outcomes: list[Iterator[object]] = [iter(refresh) for refresh in refreshes]
        for _ in range(2):
            for outcome in outcomes:
                next(outcome)
        assert [refresh.report().run_id for refresh in refreshes] == [2, 1]
        assert [list(rest) for rest in outcomes] == [[], []]
        assert (stored(first), stored(second)) == (["CL", "ES", "NQ"], ["GC", "ZN"])
        assert [len(services.runs.last_runs(9)) for services in (first, second)] == [2, 1]
