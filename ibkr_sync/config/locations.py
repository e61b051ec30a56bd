"""Files and databases as a person writes them, turned into absolute paths and checked URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_SQLITE_SCHEMES = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRES_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_BROKEN_SCHEME = re.compile(r"(sqlite|postgres|postgresql)(\+\w+)?(:|//)", re.IGNORECASE)
_KEYWORDS = re.compile(r"(^|\s)(host|hostaddr|port|dbname|user|password|service)\s*=")
_POSTGRES = re.compile(
    r"((?P<user>[^:/@?]*)(:[^@]*)?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/@?\[\]\s]*)"
    r"(:(?P<port>[^/@?]*))?"
    r"(/(?P<name>[^/?]*))?"
    r"(\?(?P<query>.*))?"
)
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class PathContext:
    """What a path is relative to: an absolute folder, and the home that `~` stands for.

    `empty_is_default`: whether an empty text stands for the default place, as it does in a file.
    """

    folder: Path
    home: Path | None
    empty_is_default: bool = False

    def is_default(self, text: str) -> bool:
        """Whether the text stands for the default place."""
        return self.empty_is_default and not text

    def absolute(self, text: str) -> Path:
        """Give the absolute path that `text` means; raises ValueError, saying what is wrong."""
        if not text.isprintable():
            raise ValueError("it holds characters that can't be printed")
        first, _, rest = text.partition("/")
        if first == "~":
            if self.home is None:
                raise ValueError("~ stands for nothing here, as HOME is not set")
            return self.home / rest.lstrip("/")
        if first.startswith("~"):
            raise ValueError("only your own home can be written with ~")
        return self.folder / text

    def file(self, text: str) -> Path:
        """Give the absolute path of a file; raises ValueError for what can only be a folder."""
        if not text.strip() or text.endswith(("/", "/.", "/..")) or text in (".", "..", "~"):
            raise ValueError("it names no file")
        return self.absolute(text)


def locate_database(text: str, context: PathContext) -> str:
    """Give the absolute path of the SQLite file, or the PostgreSQL URL, that `text` means.

    A PostgreSQL URL is checked by its form and passed on as it is, secrets included.
    Raises ValueError, saying what is wrong without repeating the text.
    """
    if not text.isprintable():
        raise ValueError("it holds characters that can't be printed")
    url = _SCHEME.fullmatch(text)
    if url is None:
        if _BROKEN_SCHEME.match(text):
            raise ValueError("after the scheme of a URL comes ://")
        if _KEYWORDS.search(text):
            raise ValueError("write it as postgresql://USER@HOST:PORT/NAME")
        return str(context.file(text))
    scheme = url["scheme"].lower()
    if scheme in _SQLITE_SCHEMES:
        return str(_sqlite_file(url["rest"], context))
    if scheme in _POSTGRES_SCHEMES:
        _check_postgres(url["rest"])
        return text
    if scheme.startswith(("postgres", "sqlite")):
        raise ValueError("leave the driver out: postgresql:// or sqlite:///")
    raise ValueError("only SQLite and PostgreSQL are supported")


def is_postgres(database: str) -> bool:
    """Whether a located database is a PostgreSQL URL; else it is the path of a SQLite file."""
    return "://" in database


def _sqlite_file(rest: str, context: PathContext) -> Path:
    # sqlite:///name is relative and sqlite:////name absolute, as SQLAlchemy has it.
    host, slash, path = rest.partition("/")
    if host or not slash or path == ":memory:":
        raise ValueError("a SQLite URL is sqlite:///FILE")
    if "?" in path:
        raise ValueError("a SQLite URL takes no parameters here")
    return context.file(path)


def _check_postgres(rest: str) -> None:
    parts = _POSTGRES.fullmatch(rest)
    if parts is None:
        raise ValueError(
            "write it as postgresql://USER:PASSWORD@HOST:PORT/NAME,"
            " with an @ in the password as %40"
        )
    port = parts["port"]
    if port is not None and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= _MAX_PORT):
        raise ValueError(f"its port must be from 1 to {_MAX_PORT}")
