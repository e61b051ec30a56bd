"""What the database counts is what the entities would tell, at any hour and in any zone."""

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts import examples
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.selection.series_choice import usual_series
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import repository, store

TODAY = datetime(2026, 11, 23, tzinfo=UTC)
ZONES = (None, "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")
SERIES = (ContractSeries.WEEKLY, ContractSeries.MONTHLY)


def contracts_around(day: datetime, series: tuple[ContractSeries, ...]) -> list[FuturesContract]:
    stops = (None, day - timedelta(days=1), day + timedelta(hours=12), day + timedelta(days=9))
    kinds = itertools.product(range(-3, 5), ZONES, stops, series)
    return [
        dataclasses.replace(
            examples.ES.contracts[0],
            con_id=con_id,
            local_symbol=f"X{con_id}",
            last_trade_date=(day + timedelta(days=days)).date(),
            last_trade_at=stop,
            time_zone=zone,
            series=kind,
        )
        for con_id, (days, zone, stop, kind) in enumerate(kinds, start=1)
    ]


@pytest.mark.parametrize("series", [SERIES, SERIES[:1]])
def test_summaries_count_what_entities_say(
    tmp_path: Path, series: tuple[ContractSeries, ...]
) -> None:
    product = dataclasses.replace(
        examples.ES, contracts=tuple(contracts_around(TODAY, series)), synced_at=None
    )
    clock = FakeClock(TODAY - timedelta(days=30))
    with Database(tmp_path / "x.db") as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, product, run, clock)
        for hour in range(-40, 90, 5):
            clock.now = TODAY + timedelta(hours=hour)
            (summary,) = local.list_products()
            state = ContractState.ACTIVE
            active = [
                contract for contract in product.contracts if contract.state(clock.now) is state
            ]
            usual = [contract for contract in active if contract.series in usual_series(active)]
            expiries = [contract.last_trade_date for contract in usual]
            assert (summary.listed, summary.next_expiry) == (len(usual), min(expiries))
