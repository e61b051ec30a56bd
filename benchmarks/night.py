"""What a night costs: a whole `refresh` of hundreds of products, the first one and one unchanged.

Between the two the hours have rolled by a day, and nothing else has changed. A script that uses
ib_async stores the same contracts with one bulk upsert, in the same round; it is not paced.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks.children import IBKR_SYNC, Machine, ProcessCost
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import ManyProducts
from benchmarks.recordings import wide_queries
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist

PRODUCTS = 488
OF_SCRIPT = 1.4
OF_FIRST = 0.5

_MOST_ROUNDS = 5

Place = TypeVar("Place", Path, str)
_SCRIPT = "ib_async, bulk upsert"
_FIRST = "ibkr-sync refresh, the first night"
_UNCHANGED = "ibkr-sync refresh, an unchanged night"


def measure(rounds: int) -> Iterator[Figure]:
    """Run each in turn, on a new file each round, after a round that is not counted."""
    costs: dict[str, list[ProcessCost]] = defaultdict(list)
    contracts = 0
    with (
        TemporaryDirectory() as folder,
        replaying(products=PRODUCTS, night=0) as tonight,
        replaying(products=PRODUCTS, night=1) as tomorrow,
    ):
        machine, peers = Machine(Path(folder)), ManyProducts(Path(folder), PRODUCTS)
        for number in range(min(rounds, _MOST_ROUNDS) + 1):
            file = watch_all(peers.new_database())
            script = peers.peer("bulk_store", tomorrow, requests_per_second=0)
            found = {
                _SCRIPT: script.process,
                _FIRST: machine.run(refresh_call(file, tonight)),
                _UNCHANGED: machine.run(refresh_call(file, tomorrow)),
            }
            contracts = script.contracts
            if number > 0:
                for name, cost in found.items():
                    costs[name].append(cost)
    subject = f"A night of {PRODUCTS} products, {contracts:,} contracts, as whole processes"
    for name, measured in costs.items():
        yield _figure(subject, name, measured, costs)


def _figure(
    subject: str, name: str, costs: Sequence[ProcessCost], all_costs: dict[str, list[ProcessCost]]
) -> Figure:
    cpu = [cost.cpu_ms for cost in costs]
    ratio = median_ratio(cpu, [cost.cpu_ms for cost in all_costs[_SCRIPT]])
    target, met = None, None
    if name == _UNCHANGED:
        of_first = median_ratio(cpu, [cost.cpu_ms for cost in all_costs[_FIRST]])
        target = (
            f"CPU at most x {OF_SCRIPT:g}, and x {OF_FIRST:g} of the first, now x {of_first:.2f}"
        )
        met = ratio <= OF_SCRIPT and of_first <= OF_FIRST
    return Figure(
        subject=subject,
        name=name,
        unit="CPU ms",
        median=statistics.median(cpu),
        quartiles=quartiles(cpu),
        rounds=len(costs),
        cpu_ratio=ratio,
        reference="what the script took in the same round",
        target=target,
        met=met,
    )


def refresh_call(database: Path | str, port: int) -> Sequence[str]:
    """The refresh of a database, by its file or URL, from the gateway at a port."""
    source = ("--source", "ibkr", "--port", str(port))
    return (IBKR_SYNC, "--database", str(database), "refresh", *source)


def watch_all(location: Place) -> Place:
    """The same database, by its file or URL, with all the products on its watchlist."""
    queries = wide_queries(PRODUCTS, datetime.now(UTC).date())
    with Database(location) as database:
        LocalWatchlist(database, lambda: datetime.now(UTC)).add(
            WatchedProduct(symbol=query.symbol, exchange=query.exchange) for query in queries
        )
    return location
