"""How close a paced run comes to the least it can take: its messages at its rate, and a latency.

The gateway has IBKR's limit, 50 messages in any second, and would complain of one too many.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
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

_MOST_ROUNDS = 3
_IN_FLIGHT = 4


def measure(rounds: int) -> Iterator[Figure]:
    """Run ours for each number of products and each latency."""
    for products in PRODUCTS:
        for latency in LATENCIES_MS:
            yield _measure(products, latency, min(rounds, _MOST_ROUNDS))


def _measure(products: int, latency_ms: int, rounds: int) -> Figure:
    with (
        TemporaryDirectory() as folder,
        replaying(products=products, latency=latency_ms / 1000, limit=LIMIT) as port,
    ):
        runs = ManyProducts(Path(folder), products)
        costs = [
            runs.ours(port, messages_per_second=RATE, requests_in_flight=_IN_FLIGHT)
            for _ in range(rounds)
        ]
    walls = [_seconds(cost) for cost in costs]
    floor = int(costs[0].told["messages"]) / RATE + latency_ms / 1000
    return Figure(
        subject=f"Paced runs at {RATE} messages/s, from the open session to the last commit",
        name=f"{products} products, latency {latency_ms} ms, {costs[0].told['messages']} messages",
        unit="s",
        median=statistics.median(walls),
        quartiles=quartiles(walls),
        rounds=rounds,
        cpu_ms=statistics.median(cost.process.cpu_ms for cost in costs),
        wall_ratio=statistics.median(walls) / floor,
        target=f"at most x {TOLERANCE} of {floor:.2f} s",
        met=statistics.median(walls) <= TOLERANCE * floor,
    )


def _seconds(cost: RunCost) -> float:
    return float(cost.told["elapsed"]["wall"])
