"""Files and databases as a person writes them, turned into absolute paths and checked URLs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ibkr_sync.domain.databases.database_url import MEMORY, parse_database

_DATABASE_FILES = ("", "-wal", "-shm", "-journal", ".lock")


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


def database_path(text: str, context: PathContext) -> str:
    """Give what a text names: the absolute path of a SQLite file, `:memory:`, or a PostgreSQL URL.

    A PostgreSQL URL is checked by its form and passed on as it is, secrets included.
    Raises ValueError, saying what is wrong without repeating the text.
    """
    if not text.isprintable():
        raise ValueError("it holds characters that can't be printed")
    address = parse_database(text)
    if address.server is not None:
        return text
    return MEMORY if address.file is None else str(context.file(address.file))


def database_file_path(database: str) -> Path | None:
    """The SQLite file of a located database; None in memory and for a server."""
    return None if database == MEMORY or "://" in database else Path(database)


def is_of_database(database: Path, file: Path) -> bool:
    """Whether a file is the database, its WAL, its index or its lock."""
    if file.exists() and database.exists() and file.samefile(database):
        return True
    files = {f"{os.path.realpath(database)}{suffix}" for suffix in _DATABASE_FILES}
    return os.path.realpath(file) in files  # a loop of links too is followed as far as it goes
