"""What is PostgreSQL's own: opening connections to a server, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, create_engine

from ibkr_sync.domain.errors import DatabaseUnavailableError, DriverMissingError

_WRITE_LOCK = (
    "SELECT pg_advisory_xact_lock(hashtext('ibkr-sync write'), hashtext(current_schema()))"
)
_LOCKS_OF = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = %s"
_ONE_STATE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = (
    "SELECT set_config('lock_timeout', %s, false), set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
"""Of the session, at the server: it notices within a minute that a client's machine is gone, which
else may hold the run lock for hours."""
_DEFAULTS: dict[str, Any] = {
    "application_name": "ibkr-sync",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}


def postgres_engine(url: URL, name: str, busy_timeout: timedelta) -> Engine:
    """An engine for the server at `url`, which messages call `name`; nothing is opened yet.

    What `url` says of a connection goes before our defaults. Raises DriverMissingError;
    each connection raises DatabaseUnavailableError for another encoding than UTF-8.
    """
    given = {key: value for key, value in _DEFAULTS.items() if key not in url.query}
    try:
        engine = create_engine(url, connect_args=given, hide_parameters=True, pool_pre_ping=True)
    except ImportError as error:
        raise DriverMissingError(name, "postgres") from error

    # Before SQLAlchemy's own first look, which can't read an answer in another encoding.
    @event.listens_for(engine, "connect", insert=True)
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise DatabaseUnavailableError(
                name, f"its encoding is {encoding}; create it with ENCODING 'UTF8'"
            )
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(_SETTINGS, (str(round(busy_timeout.total_seconds() * 1000)),))
        connection.commit()

    return engine


@contextmanager
def postgres_read(connection: Connection) -> Iterator[None]:
    """A transaction that sees one state of the database and can't write."""
    with connection.begin():
        connection.exec_driver_sql(_ONE_STATE)
        yield


@contextmanager
def postgres_write(connection: Connection) -> Iterator[None]:
    """A transaction that excludes other writers of the same schema from its start."""
    with connection.begin():
        connection.exec_driver_sql(_WRITE_LOCK)
        yield


def postgres_holds_lock(connection: Connection, session: int) -> bool:
    """Whether the session with that process id still holds an advisory lock, as a run's does."""
    return connection.exec_driver_sql(_LOCKS_OF, (session,)).first() is not None
