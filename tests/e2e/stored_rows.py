"""Looks into a SQLite database from outside, without changing it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_RUN_TABLES = ("sync_runs", "run_products")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of our own, closed at the end."""
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=10)) as connection:
        yield connection


def kept(path: Path) -> list[str]:
    """Every row about products, as SQL; runs are left out, as failed ones are recorded too."""
    with opened(path) as connection:
        return [
            line
            for line in connection.iterdump()
            if not any(f'INTO "{table}"' in line for table in _RUN_TABLES)
        ]


def runs(path: Path) -> list[str]:
    """The outcome of every run, oldest first."""
    with opened(path) as connection:
        return [row[0] for row in connection.execute("SELECT outcome FROM sync_runs ORDER BY id")]


def is_sound(path: Path) -> bool:
    """Whether SQLite finds no damage and no row without its parent."""
    with opened(path) as connection:
        damage = connection.execute("PRAGMA integrity_check").fetchall()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return damage == [("ok",)] and not orphans


def checksum(path: Path) -> str:
    """The file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
