"""A run that another process opens when told to, and holds until it is told again."""

from __future__ import annotations

from multiprocessing.connection import Connection

from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import AlreadyRunningError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import repository


def hold(location: str, test: Connection) -> None:
    """Send "ready"; when anything comes, send "open" or "refused"; when more comes, end."""
    with Database(location) as database:
        local = repository(database, FakeClock())
        local.list_products()
        test.send("ready")
        test.recv()
        try:
            with local.sync_run(Origin.IBKR):
                test.send("open")
                test.recv()
        except AlreadyRunningError:
            test.send("refused")
            test.recv()
