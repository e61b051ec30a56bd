"""What `refresh` takes for itself: nothing is asked, of a long watchlist and of a short one.

All that is watched is stored. Where no gateway is, everything that comes before the first question
has been done when that is noticed, and it is told of every product that it could not be asked for.
What is fresh enough is looked up, and told as such.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acquisition import EmptyDatabases, acquire
from benchmarks.children import IBKR_SYNC, Machine, ProcessCost
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import MOST_IN_FLIGHT
from benchmarks.ports import closed_port
from benchmarks.recordings import wide_queries
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist

FEW, MANY = 60, 1500
_MOST_ROUNDS = 5
_UNREACHABLE = 3
"""The exit code where no gateway is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way to refresh without a question.

    Attributes:
        exit_code: how it ends.
        slowest: how many times as long `MANY` may take as `FEW`. Where no gateway is, start-up
            is nearly all; what is fresh is read with its chain, one after the other.
    """

    options: Sequence[str]
    exit_code: int
    slowest: float


_WAYS: Mapping[str, _Way] = {
    "no gateway there": _Way(options=(), exit_code=_UNREACHABLE, slowest=3),
    "all fresh enough": _Way(options=("--stale", "20h"), exit_code=0, slowest=MANY / FEW / 2),
}


def measure(rounds: int) -> Iterator[Figure]:
    """Build both databases, then refresh each, in turn, after a round that is not counted."""
    costs: dict[tuple[str, int], list[ProcessCost]] = defaultdict(list)
    with TemporaryDirectory() as folder, closed_port() as port:
        machine = Machine(Path(folder))
        databases = {products: _built(Path(folder), products) for products in (FEW, MANY)}
        for number in range(min(rounds, _MOST_ROUNDS) + 1):
            for name, way in _WAYS.items():
                for products, file in databases.items():
                    command = [IBKR_SYNC, "--database", str(file), "refresh", *way.options]
                    source = ["--source", "ibkr", "--port", str(port)]
                    cost = machine.run([*command, *source], expected=way.exit_code)
                    if number > 0:
                        costs[name, products].append(cost)
    for (name, products), found in costs.items():
        yield _figure(name, products, found, costs[name, FEW])


def _figure(
    name: str, products: int, costs: Sequence[ProcessCost], references: Sequence[ProcessCost]
) -> Figure:
    wall = [cost.wall_ms for cost in costs]
    cpu = [cost.cpu_ms for cost in costs]
    ratio = median_ratio(wall, [cost.wall_ms for cost in references])
    slowest = _WAYS[name].slowest if products == MANY else None
    return Figure(
        subject="A whole refresh that asks nothing",
        name=f"{products:,} products watched and stored, {name}",
        unit="ms",
        median=statistics.median(wall),
        quartiles=quartiles(wall),
        rounds=len(costs),
        cpu_ms=statistics.median(cpu),
        wall_ratio=ratio,
        cpu_ratio=median_ratio(cpu, [cost.cpu_ms for cost in references]),
        reference=f"what the same took of {FEW} products in the same round",
        target=None if slowest is None else f"at most x {slowest:g}",
        met=None if slowest is None else ratio <= slowest,
    )


def _built(folder: Path, products: int) -> Path:
    """A database of so many products, all of them watched."""
    inner = folder / f"{products}"
    inner.mkdir()
    file = EmptyDatabases(inner).next_file()
    queries = wide_queries(products, datetime.now(UTC).date())
    with replaying(products=products) as port:
        acquire(port, file, queries, requests_in_flight=MOST_IN_FLIGHT)
    with Database(file) as database:
        LocalWatchlist(database, lambda: datetime.now(UTC)).add(
            WatchedProduct(symbol=query.symbol, exchange=query.exchange) for query in queries
        )
    return file
