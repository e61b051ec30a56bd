"""A run in a process of its own, which is killed at a step."""

from __future__ import annotations

import os
import signal

from databases import before_each_step
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import NEW, repository, store


def run_until(step: int, location: str) -> None:
    """Store the product in a run, and die by SIGKILL just before this statement or commit."""

    def act(number: int) -> None:
        if number == step:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = FakeClock()
    clock.advance(days=1)
    with before_each_step(act), Database(location) as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, NEW, run, clock)
