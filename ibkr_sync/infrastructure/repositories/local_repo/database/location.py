"""Which database is meant: a file, memory or a server, and its name with secrets masked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ibkr_sync.domain.errors import DatabaseUnavailableError

MASK = "***"
MEMORY = ":memory:"
POSTGRES_DRIVER = "postgresql+psycopg"

_SECRET_KEY = re.compile(r"pass|secret|token|key", re.IGNORECASE)
_MAY_HOLD_SECRETS = re.compile(r"\A[^/]*:.*@|(pass\w*|secret|token)\s*=", re.IGNORECASE)
_ACCEPTED = "give a file, sqlite:///FILE or postgresql://USER@HOST/DATABASE"
_POSTGRES_SCHEMES = {"postgres", "postgresql", POSTGRES_DRIVER}
_SQLITE_SCHEMES = {"sqlite", "sqlite+pysqlite"}


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


def locate(location: str | Path) -> DatabaseLocation:
    """Read a file path, `:memory:` or a URL of SQLite or PostgreSQL.

    `postgres://` and `postgresql://` mean `postgresql+psycopg://`. Raises
    DatabaseUnavailableError for anything else, naming no part of it that may be secret.
    """
    if isinstance(location, Path):
        return _file(location)
    text = location.strip()
    if text == MEMORY:
        return DatabaseLocation(name=MEMORY)
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if colon and scheme in _SQLITE_SCHEMES:
        return _sqlite(text)
    if colon and scheme in _POSTGRES_SCHEMES:
        return _postgres(rest)
    if rest.startswith("//") or _MAY_HOLD_SECRETS.search(text):
        raise DatabaseUnavailableError(f"{MASK}://{MASK}", _ACCEPTED)
    if not text:
        raise DatabaseUnavailableError("database", _ACCEPTED)
    return _file(Path(text))


def _file(path: Path) -> DatabaseLocation:
    try:
        resolved = path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise DatabaseUnavailableError(str(path), f"the path can't be followed: {error}") from error
    return DatabaseLocation(name=str(resolved), path=resolved)


def _sqlite(text: str) -> DatabaseLocation:
    url = _parsed(text, "sqlite")
    if url.query or url.host or (url.database or "").startswith("file:"):
        raise DatabaseUnavailableError(
            f"sqlite://{MASK}", "give a file as sqlite:///FILE, without host or options"
        )
    if url.database in (None, "", MEMORY):
        return DatabaseLocation(name=MEMORY)
    return _file(Path(str(url.database)))


def _postgres(rest: str) -> DatabaseLocation:
    url = _parsed(f"{POSTGRES_DRIVER}:{rest}", "postgresql")
    masked = {key: MASK if _SECRET_KEY.search(key) else value for key, value in url.query.items()}
    hidden = [str(url.password)] if url.password else []
    for key, value in url.query.items():
        if _SECRET_KEY.search(key):
            hidden.extend([value] if isinstance(value, str) else value)
    shown = url.set(drivername="postgresql", query=masked)
    return DatabaseLocation(
        name=shown.render_as_string(hide_password=True).replace(quote_plus(MASK), MASK),
        url=url,
        secrets=frozenset(
            form
            for text in hidden
            if text
            for form in (text, quote(text, safe=""), quote_plus(text))
        ),
    )


def _parsed(text: str, scheme: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # The library's message may quote the URL, so the cause is not kept.
        raise DatabaseUnavailableError(
            f"{scheme}://{MASK}", "the URL can't be read; quote characters like @ : / # in it"
        ) from None
