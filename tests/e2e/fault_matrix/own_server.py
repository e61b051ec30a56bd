"""A PostgreSQL server that belongs to one module of tests, which may do anything to it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from e2e.command_line import wait_until
from postgres_server import PostgresServer

CONNECTIONS = 12
"""How many sessions it takes at once."""


class OwnServer(PostgresServer):
    """A server; `url` names it as long as it lives, whether it is up or not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._taken: list[psycopg.Connection] = []

    def restart(self) -> None:
        """Lose its power for a moment."""
        self.stop()
        self.start()

    def become_standby(self) -> None:
        """Come back as a copy that takes no change, and holds all that was committed."""
        with psycopg.connect(self.url) as connection:
            (written,) = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone() or ()
        super().become_standby()
        is_behind = "SELECT pg_last_wal_replay_lsn() < %s"
        with psycopg.connect(self.url, autocommit=True) as connection:
            # It lets others in before.
            wait_until(lambda: connection.execute(is_behind, [written]).fetchone() == (False,))

    def become_primary(self) -> None:
        """Take changes again after having been a standby."""
        self.control("promote")

    def take_all_sessions(self) -> None:
        """Leave none for others."""
        with suppress(psycopg.OperationalError):
            while True:
                self._taken.append(psycopg.connect(self.url))
        assert self._taken

    def give_sessions_back(self) -> None:
        """End those that were taken."""
        while self._taken:
            self._taken.pop().close()


@contextmanager
def started(**settings: object) -> Iterator[OwnServer]:
    """A new server with these settings, gone at the end; skips where none can be had."""
    with tempfile.TemporaryDirectory(
        prefix="ibkr-sync-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = OwnServer(Path(folder))
        try:
            server.set_up(max_connections=CONNECTIONS, **settings)
            yield server
        finally:
            with suppress(subprocess.CalledProcessError):  # it may be down already
                server.stop()
