"""Statements that are compiled once for all engines of a kind, as one process of ours does it.

SQLAlchemy keeps compiled statements by engine and dialect, and none that make tables. The command
has one engine, tests have a thousand, and compiling was a third of what they did.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.sql.compiler import Compiled
from sqlalchemy.sql.ddl import CreateIndex, CreateTable
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
    for creation in (CreateTable, CreateIndex):
        _share_creations(creation)


def _share_creations(creation: type[CreateTable | CreateIndex]) -> None:
    """Keep how each table or index is made."""
    compile_anew = creation._compiler
    made: LRUCache[Any, Compiled] = LRUCache(_REMEMBERED)

    def compile_once(self: Any, dialect: Dialect, **options: Any) -> Compiled:
        if any(options.values()) or self.if_not_exists:
            return compile_anew(self, dialect, **options)  # type: ignore[no-any-return, no-untyped-call]
        constraints = getattr(self, "include_foreign_key_constraints", None)
        key = (self.element, dialect, None if constraints is None else frozenset(constraints))
        if key not in made:
            made[key] = compile_anew(self, dialect, **options)  # type: ignore[no-untyped-call]
        return made[key]

    creation._compiler = compile_once  # type: ignore[method-assign]


def _is_of_same_kind(one: object, other: object) -> bool:
    return type(one) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))
