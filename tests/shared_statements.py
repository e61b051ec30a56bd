"""Statements that are compiled once for all engines of a kind, as one process of ours does it.

SQLAlchemy keeps compiled statements by engine and dialect. The command has one engine, tests have
a thousand, and compiling was a third of what they did.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_REMEMBERED = 5000


def share_statements() -> None:
    """Let every engine of this process find what another one has compiled."""
    statements: LRUCache[Any, Any] = LRUCache(_REMEMBERED)
    shared = property(lambda _: statements, lambda _, own: None)  # noqa: ARG005 - not kept
    Engine._compiled_cache = shared  # type: ignore[assignment]
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = _is_of_same_kind  # type: ignore[method-assign]
        dialect.__hash__ = _hash_of_kind  # type: ignore[method-assign, assignment]


def _is_of_same_kind(one: object, other: object) -> bool:
    return type(one) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))
