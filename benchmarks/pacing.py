"""How close a paced run comes to the least it can take: its messages at its rate, and a latency.

The gateway has IBKR's limit, 50 messages in any second, and would complain of one too many.
A first run asks for tick ladders once all products are there, so it waits for one more latency.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import ManyProducts, RunCost
from benchmarks.peers import LATENCIES_MS, PRODUCTS

LIMIT = 50
RATE = 49
"""Messages per second: the most that the settings allow."""

TOLERANCE = 1.05

_MOST_ROUNDS = 2
_IN_FLIGHT = 8
"""As the settings have it by default."""


def measure(rounds: int) -> Iterator[Figure]:
    """Run ours twice for each number of products and each latency, on the same database."""
    for products in PRODUCTS:
        for latency in LATENCIES_MS:
            yield from _measure(products, latency, min(rounds, _MOST_ROUNDS))


def _measure(products: int, latency_ms: int, rounds: int) -> Iterator[Figure]:
    costs: dict[str, list[RunCost]] = {"first run": [], "unchanged": []}
    with (
        TemporaryDirectory() as folder,
        replaying(products=products, latency=latency_ms / 1000, limit=LIMIT) as port,
    ):
        runs = ManyProducts(Path(folder), products)
        for _ in range(rounds):
            database = runs.new_database()
            for found in costs.values():
                cost = runs.ours(
                    port,
                    messages_per_second=RATE,
                    requests_in_flight=_IN_FLIGHT,
                    database=database,
                )
                found.append(cost)
    for name, found in costs.items():
        yield _figure(f"{products} products, latency {latency_ms} ms, {name}", found, latency_ms)


def _figure(name: str, costs: Sequence[RunCost], latency_ms: int) -> Figure:
    messages = costs[0].message["messages"]
    floor = messages / RATE + latency_ms / 1000
    walls = [cost.message["elapsed"]["wall"] for cost in costs]
    median = statistics.median(walls)
    return Figure(
        subject=f"Paced at {RATE} messages/s, from the open session to the end",
        name=f"{name}, {messages} messages",
        unit="s",
        median=median,
        quartiles=quartiles(walls),
        rounds=len(walls),
        cpu_ms=statistics.median(cost.process.cpu_ms for cost in costs),
        wall_ratio=median / floor,
        reference=f"the least it can take: its messages / {RATE} per second, and one latency",
        target=f"at most x {TOLERANCE}, the least being {floor:.2f} s",
        met=median <= TOLERANCE * floor,
    )
