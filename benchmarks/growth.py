"""How a SQLite file grows from night to night, with hours that roll every day."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acquisition import EmptyDatabases, acquire
from benchmarks.figures import Figure, quartiles
from benchmarks.recordings import ConIds, wide_queries, wide_recording
from gateway.server import ScriptedGateway

PRODUCTS = 490
NIGHTS = 7
FIRST_NIGHT_MB = 11.0
A_NIGHT_MB = 0.3

_SUBJECT = "Growth of a SQLite file"
_MEGABYTE = 1_000_000


def measure(_rounds: int) -> Iterator[Figure]:
    """Refresh the same products once a day, each time after the hours have rolled."""
    first = datetime.now(UTC)
    queries, con_ids = wide_queries(PRODUCTS, first.date()), ConIds()
    sizes: list[float] = []
    contracts = 0
    with TemporaryDirectory() as folder:
        file = EmptyDatabases(Path(folder)).next_file()
        for number in range(1 + NIGHTS):
            now = first + number * timedelta(days=1)
            clock = partial(_at, now)
            recording = wide_recording(PRODUCTS, now.date(), con_ids)
            with ScriptedGateway(recording, now=clock) as gateway:
                cost = acquire(gateway.port, file, queries, clock=clock)
            contracts = contracts or cost.contracts
            sizes.append(file.stat().st_size / _MEGABYTE)
    grown = [after - before for before, after in pairwise(sizes)]
    chain = f"{PRODUCTS} products, {contracts:,} contracts"
    yield Figure(
        subject=_SUBJECT,
        name=f"after the first night: {chain}",
        unit="MB",
        median=sizes[0],
        quartiles=quartiles(sizes[:1]),
        rounds=1,
        target=f"at most {FIRST_NIGHT_MB:g} MB",
        met=sizes[0] <= FIRST_NIGHT_MB,
    )
    yield Figure(
        subject=_SUBJECT,
        name=f"each night after it, of {NIGHTS}",
        unit="MB",
        median=statistics.median(grown),
        quartiles=quartiles(grown),
        rounds=NIGHTS,
        target=f"at most {A_NIGHT_MB:g} MB",
        met=statistics.mean(grown) <= A_NIGHT_MB,
    )


def _at(instant: datetime) -> datetime:
    return instant
