"""The product's own path from a gateway's socket to committed rows, with its pacing lifted.

`python -m benchmarks.acquisition TASK`, a task as JSON, is that path as a process of its own.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.infrastructure.replay.sample.products import sample_products
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from ibkr_sync_cli.__main__ import OBJECTS_PER_COLLECTION

LONG_CHAIN = FutureQuery(symbol="CL")
"""The longest chain of the sample: about ten years of months."""

UNPACED = 1e6
"""Messages per second of a run without pacing."""


@dataclass(frozen=True, slots=True)
class Instant:
    """Both clocks of this process, in seconds: monotonic, and CPU time of all its threads."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Instant:
        """Read the clocks."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, earlier: Instant) -> Instant:
        return Instant(self.wall - earlier.wall, self.cpu - earlier.cpu)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionCost:
    """What it took to bring products up to date, and when the last one was committed.

    `messages` are the requests sent once the session was open, those for tick ladders included.
    """

    contracts: int
    messages: int
    elapsed: Instant
    committed_at: Instant


class EmptyDatabases:
    """Gives SQLite files that have the schema and no rows yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._template = folder / "template.db"
        with Database(self._template) as database:
            upgrade(database)

    def next_file(self) -> Path:
        """A new file."""
        self._count += 1
        return Path(shutil.copy(self._template, self._folder / f"{self._count}.db"))


class _TimedRepository(LocalFutureRepository[Future]):
    """Notes when the last product was committed."""

    committed_at = Instant(0.0, 0.0)

    def get_or_create_entity(
        self,
        acquired: AcquiredFuture[Future],
        query: FutureQuery,
        policy: SyncPolicy,
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> FutureUpdate[Future]:
        update = super().get_or_create_entity(acquired, query, policy, run, is_last=is_last)
        self.committed_at = Instant.now()
        return update


def all_products() -> list[FutureQuery]:
    """Every product of the sample, each told apart from its namesakes."""
    return [
        FutureQuery(
            symbol=product.symbol, exchange=product.exchange, trading_class=product.trading_class
        )
        for product in sample_products()
    ]


def acquire(
    port: int,
    file: Path,
    queries: Sequence[FutureQuery],
    *,
    messages_per_second: float = UNPACED,
    requests_in_flight: int = 8,
    clock: Callable[[], datetime] | None = None,
) -> AcquisitionCost:
    """Bring products up to date over a session that is open already, by `clock` or by ours.

    Raises what one of them fails with.
    """
    catalogue = load_catalogue()
    parameters = GatewayParameters(
        port=port,
        messages_per_second=messages_per_second,
        requests_in_flight=requests_in_flight,
    )
    contracts = 0
    now = clock or _now
    with Database(file) as database, Gateway(parameters, now) as gateway:
        local = _TimedRepository(database, Future, catalogue, now)
        repository = IbkrFutureRepository(gateway, local, Future, catalogue, now)
        ladders = len(local.known_market_rules())
        gateway.open()
        start = Instant.now()
        for outcome in repository.get_or_create_many(queries, SyncPolicy()):
            if isinstance(outcome, FutureFailure):
                raise outcome.error
            contracts += len(outcome.product.contracts)
        elapsed = Instant.now() - start
        messages = len(queries) + len(local.known_market_rules()) - ladders
    return AcquisitionCost(
        contracts=contracts, messages=messages, elapsed=elapsed, committed_at=local.committed_at
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    gc.set_threshold(OBJECTS_PER_COLLECTION)  # as the command does, and at the end
    task = json.loads(sys.argv[1])
    products = json.loads(Path(task["products"]).read_text(encoding="utf-8"))
    cost = acquire(
        task["port"],
        Path(task["database"]),
        [FutureQuery(symbol=symbol, exchange=exchange) for symbol, exchange in products],
        messages_per_second=task["messages_per_second"],
        requests_in_flight=task["requests_in_flight"],
    )
    print(json.dumps(asdict(cost)))
    gc.freeze()
