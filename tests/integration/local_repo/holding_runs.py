"""A program that opens a run as soon as it is told to, and holds it until it is told again.

Arguments: the database. Prints "ready", then after a line of input "open" or "refused"; after
another line it ends.
"""

from __future__ import annotations

import sys

from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import AlreadyRunningError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import repository


def say(word: str) -> None:
    """Tell the test, at once."""
    print(word, flush=True)  # noqa: T201


def main() -> None:
    """Open, hold, close."""
    with Database(sys.argv[1]) as database:
        local = repository(database, FakeClock())
        local.list_products()
        say("ready")
        sys.stdin.readline()
        try:
            with local.sync_run(Origin.IBKR):
                say("open")
                sys.stdin.readline()
        except AlreadyRunningError:
            say("refused")
            sys.stdin.readline()


if __name__ == "__main__":
    main()
