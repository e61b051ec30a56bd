"""A program that stores a product again and again, each time killed at the step it is told.

Standard input: the number of a statement or commit, and the database, per line. Standard
output: for each, the signal that ended the attempt, or 0.
"""

from __future__ import annotations

import os
import signal
import sys

import alembic.command  # noqa: F401 - paid for once, not by each attempt

from databases import before_each_step
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import NEW, repository, store


def run_until(step: int, location: str) -> None:
    """Store the product in a run, and die by SIGKILL just before the step."""

    def act(number: int) -> None:
        if number == step:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = FakeClock()
    clock.advance(days=1)
    with before_each_step(act), Database(location) as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, NEW, run, clock)


def main() -> None:
    """Fork for each line, so that only the first attempt pays for the imports."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            step, location = line.split(maxsplit=1)
            run_until(int(step), location.strip())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else status, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
