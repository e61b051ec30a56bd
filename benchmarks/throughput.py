"""Contracts per second, from the request to committed rows."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acquisition import (
    LONG_CHAIN,
    AcquisitionCost,
    EmptyDatabases,
    acquire,
    all_products,
)
from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying

_SUBJECT = "Contracts per second from request to committed rows; CPU ms are of the whole run"


def measure(rounds: int) -> Iterator[Figure]:
    """Bring the same products up to date twice, on a new file each round."""
    everything = all_products()
    chains = {"CL": [LONG_CHAIN], f"{len(everything)} products": everything}
    costs: dict[str, list[AcquisitionCost]] = {}
    with TemporaryDirectory() as folder, replaying() as port:
        databases = EmptyDatabases(Path(folder))
        acquire(port, databases.next_file(), everything)  # not counted
        for _ in range(rounds):
            for name, queries in chains.items():
                file = databases.next_file()
                for again in ("first run", "unchanged"):
                    cost = acquire(port, file, queries)
                    contracts = f"{name}, {cost.contracts} contracts, {again}"
                    costs.setdefault(contracts, []).append(cost)
    for name, measured in costs.items():
        yield _figure(name, measured)


def _figure(name: str, costs: Sequence[AcquisitionCost]) -> Figure:
    rates = [cost.contracts / cost.elapsed.wall for cost in costs]
    return Figure(
        subject=_SUBJECT,
        name=name,
        unit="/s",
        median=statistics.median(rates),
        quartiles=quartiles(rates),
        rounds=len(rates),
        cpu_ms=statistics.median(cost.elapsed.cpu for cost in costs) * 1000,
    )
