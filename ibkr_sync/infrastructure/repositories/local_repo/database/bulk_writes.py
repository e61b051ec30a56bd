"""Many rows of one table in one statement, each column converted at once.

Left to SQLAlchemy, every row is a mapping that is copied value by value, which took half of what
storing a chain takes (`python -m benchmarks persistence`). Its statements and our column kinds are
the same here; the values go to the driver as it names them: by place in SQLite, by name in
PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Column, Table, bindparam, insert, update
from sqlalchemy.engine import Connection, Dialect

T = TypeVar("T")

_REMEMBERED = 64
"""For so many tables and engines a statement is kept; a command has one engine."""

_NAMED_AT_ONCE = 900
"""How many values one statement names: SQLite limits its parameters, before 3.32 to 999."""

_KEY = "key_of_row"
"""The parameter that a row to be changed is found by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    """Where a parameter's value stands in a given row, and what the driver takes for it."""

    name: str
    position: int
    converted: Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A statement, and its parameters in the order in which it names them."""

    text: str
    parameters: tuple[_Parameter, ...]


def bulk_batches(values: Sequence[T], *, named: int = 1) -> Iterator[Sequence[T]]:
    """Cut values into as many as one statement may name, which names each so many times."""
    size = _NAMED_AT_ONCE // named
    for first in range(0, len(values), size):
        yield values[first : first + size]


def bulk_insert(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, which hold the values of the named columns in that order.

    Raises ValueError for what a column kind refuses.
    """
    _execute(connection, _insert(table, names, connection.dialect), rows)


def bulk_update(
    connection: Connection, key: Column[Any], names: tuple[str, ...], rows: Iterable[Sequence[Any]]
) -> None:
    """Write the named columns of stored rows: rows hold their values in that order, then the key.

    In the order of their keys they are changed fastest: SQLite then reads each page once.

    Raises ValueError for what a column kind refuses.
    """
    _execute(connection, _update(key, names, connection.dialect), rows)


def _execute(connection: Connection, prepared: _Prepared, rows: Iterable[Sequence[Any]]) -> None:
    given = tuple(zip(*rows, strict=True))
    if not given:
        return
    values = [
        given[parameter.position]
        if parameter.converted is None
        else map(parameter.converted, given[parameter.position])
        for parameter in prepared.parameters
    ]
    parameters: list[Any] = list(zip(*values, strict=True))
    if not connection.dialect.positional:
        named = tuple(parameter.name for parameter in prepared.parameters)
        parameters = [dict(zip(named, row, strict=True)) for row in parameters]
    connection.exec_driver_sql(prepared.text, parameters)


@lru_cache(_REMEMBERED)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Prepared:
    statement = insert(table).inline().compile(dialect=dialect, column_keys=names)
    return _Prepared(text=str(statement), parameters=_values(table, names, dialect))


@lru_cache(_REMEMBERED)
def _update(key: Column[Any], names: tuple[str, ...], dialect: Dialect) -> _Prepared:
    found = update(key.table).where(key == bindparam(_KEY))
    statement = found.compile(dialect=dialect, column_keys=names)
    last = _Parameter(name=_KEY, position=len(names), converted=_conversion(key, dialect))
    return _Prepared(text=str(statement), parameters=(*_values(key.table, names, dialect), last))


def _values(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[_Parameter, ...]:
    """The columns that are written: SQLAlchemy names them in the table's order."""
    return tuple(
        _Parameter(
            name=column.name,
            position=names.index(column.name),
            converted=_conversion(column, dialect),
        )
        for column in table.c
        if column.name in names
    )


def _conversion(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)
