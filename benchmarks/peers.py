"""Contracts per second without pacing: ours beside scripts that use ib_async.

Whole processes, so that everyone's imports count. The scripts create their one table; ours finds
the schema that its first command has made. Ours also validates, compares with what is stored, keeps
history, raw replies and tick ladders, and commits product by product to disk.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acquisition import UNPACED
from benchmarks.ceiling import contracts_per_second
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import MOST_IN_FLIGHT, ManyProducts, RunCost
from benchmarks.recordings import wide_queries

PRODUCTS = (60, 500)
LATENCIES_MS = (0, 20, 100)

OURS = "ibkr-sync"
SCRIPTS = {
    "ib_async, ORM merge": ("orm_store", 2.0),
    "ib_async, ORM add_all": ("orm_add_store", None),
    "ib_async, bulk upsert": ("bulk_store", 1.0),
}
"""By name, the script and how many times its contracts per second are wanted of ours."""

_MOST_ROUNDS = 5


def measure(rounds: int) -> Iterator[Figure]:
    """Run each of them in turn, round after round."""
    for products in PRODUCTS:
        for latency in LATENCIES_MS:
            yield from _measure(products, latency, min(rounds, _MOST_ROUNDS))


def _measure(products: int, latency_ms: int, rounds: int) -> Iterator[Figure]:
    costs: dict[str, list[RunCost]] = defaultdict(list)
    ceilings: list[float] = []
    queries = wide_queries(products, datetime.now(UTC).date())
    with (
        TemporaryDirectory() as folder,
        replaying(products=products, latency=latency_ms / 1000) as port,
    ):
        runs = ManyProducts(Path(folder), products)
        # Each dialect's rows are encoded once.
        runs.ours(port, messages_per_second=UNPACED, requests_in_flight=MOST_IN_FLIGHT)
        runs.peer("bulk_store", port, requests_per_second=0)
        for _ in range(rounds):
            ours = runs.ours(port, messages_per_second=UNPACED, requests_in_flight=MOST_IN_FLIGHT)
            costs[OURS].append(ours)
            for name, (script, _) in SCRIPTS.items():
                costs[name].append(runs.peer(script, port, requests_per_second=0))
            ceilings.append(contracts_per_second(port, queries))
    contracts = {cost.contracts for found in costs.values() for cost in found}
    if len(contracts) != 1:
        raise RuntimeError(f"not everyone stored the same contracts: {contracts}")
    subject = (
        f"{products} products, {contracts.pop():,} contracts, latency {latency_ms} ms, not paced"
    )
    for name, found in costs.items():
        yield _figure(subject, name, found, costs[OURS])
    yield Figure(
        subject=subject,
        name="the gateway alone, its replies thrown away",
        unit="/s",
        median=statistics.median(ceilings),
        quartiles=quartiles(ceilings),
        rounds=rounds,
    )


def _figure(subject: str, name: str, costs: list[RunCost], ours: list[RunCost]) -> Figure:
    rates = [cost.contracts / cost.process.wall_ms * 1000 for cost in costs]
    _, wanted = SCRIPTS.get(name, ("", None))
    ratio = median_ratio(
        [cost.process.wall_ms for cost in costs], [cost.process.wall_ms for cost in ours]
    )
    return Figure(
        subject=subject,
        name=name,
        unit="/s",
        median=statistics.median(rates),
        quartiles=quartiles(rates),
        rounds=len(costs),
        cpu_ms=statistics.median(cost.process.cpu_ms for cost in costs),
        wall_ratio=ratio,
        cpu_ratio=median_ratio(
            [cost.process.cpu_ms for cost in costs], [cost.process.cpu_ms for cost in ours]
        ),
        reference=f"what {OURS} took in the same round",
        target=None if wanted is None else f"at least x {wanted:g}",
        met=None if wanted is None else ratio >= wanted,
    )
