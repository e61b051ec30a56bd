"""Which database is in use: a file, memory or a server, and its name with secrets masked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL

from ibkr_sync.domain.databases.database_url import MASK, MEMORY, DatabaseServer, parse_database
from ibkr_sync.domain.errors import DatabaseUnavailableError

POSTGRES_DRIVER = "postgresql+psycopg"

_ACCEPTED = "give a file, sqlite:///FILE or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLocation:
    """A database, not yet opened.

    Attributes:
        name: what messages call it; never holds a secret.
        url: the server, with its secrets; None for SQLite.
        path: the absolute file, links resolved; None in memory and for a server.
        secrets: what must not appear in any message.
    """

    name: str
    url: URL | None = field(default=None, repr=False)
    path: Path | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def is_memory(self) -> bool:
        """Whether it is SQLite in memory."""
        return self.url is None and self.path is None

    def redact(self, text: str) -> str:
        """The text without this database's secrets, in plain or URL-quoted form."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


def locate_database(location: str | Path) -> DatabaseLocation:
    """Read a file path, `:memory:` or a URL of SQLite or PostgreSQL.

    Every scheme of PostgreSQL means one driver. Raises DatabaseUnavailableError for anything
    else, naming no part of it that may be secret.
    """
    if isinstance(location, Path):
        return _file(location)
    try:
        address = parse_database(location.strip())
    except ValueError as error:
        raise DatabaseUnavailableError(f"{MASK}://{MASK}", str(error)) from error
    if address.server is not None:
        return _server(address.server)
    if address.file is None:
        return DatabaseLocation(name=MEMORY)
    if not address.file:
        raise DatabaseUnavailableError("database", _ACCEPTED)
    return _file(Path(address.file))


def _file(path: Path) -> DatabaseLocation:
    try:
        resolved = path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise DatabaseUnavailableError(str(path), f"the path can't be followed: {error}") from error
    return DatabaseLocation(name=str(resolved), path=resolved)


def _server(server: DatabaseServer) -> DatabaseLocation:
    query: dict[str, tuple[str, ...]] = {}
    for key, value in server.query:
        query[key] = (*query.get(key, ()), value)
    return DatabaseLocation(
        name=server.shown,
        url=URL.create(
            POSTGRES_DRIVER,
            server.user,
            server.password,
            server.host,
            server.port,
            server.name,
            {key: values[0] if len(values) == 1 else values for key, values in query.items()},
        ),
        secrets=server.secrets,
    )
