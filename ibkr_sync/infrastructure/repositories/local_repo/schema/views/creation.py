"""Making the views of this version, and taking them out of the way of a migration.

A view is no data: every upgrade makes today's anew, so that no migration needs to know them. For
whoever asks in SQL their columns stay when the tables change, and are only ever added, at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.change_view import v_changes
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.contract_view import v_contracts
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.product_view import v_products
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.run_view import v_runs
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import View
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view_sql import ViewSql

_VIEWS: tuple[Callable[[ViewSql], View], ...] = (v_contracts, v_products, v_changes, v_runs)
"""In the order in which they are made: one may be built on those before it."""

VIEW_NAMES = tuple(make.__name__ for make in _VIEWS)


def views_of(dialect: str) -> tuple[View, ...]:
    """The views in the SQL of `sqlite` or `postgresql`."""
    sql = ViewSql(is_sqlite=dialect == "sqlite")
    return tuple(make(sql) for make in _VIEWS)


def drop_views(connection: Connection) -> None:
    """Let tables be rebuilt, which SQLite refuses below a view; no effect in PostgreSQL.

    There a view that is replaced keeps who may read it, and what others built on it.
    """
    if connection.dialect.name == "sqlite":
        for name in reversed(VIEW_NAMES):
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def missing_views(connection: Connection) -> tuple[str, ...]:
    """The names of the views that are not there."""
    stored = inspect(connection).get_view_names()
    return tuple(name for name in VIEW_NAMES if name not in stored)


def ensure_views(connection: Connection) -> bool:
    """Make all views anew if any is missing, and say so."""
    if not missing_views(connection):
        return False
    drop_views(connection)
    create_views(connection)
    return True


def create_views(connection: Connection) -> None:
    """Make the views of this version; in SQLite there must be none of before."""
    dialect = connection.dialect.name
    verb = "CREATE" if dialect == "sqlite" else "CREATE OR REPLACE"
    for view in views_of(dialect):
        connection.exec_driver_sql(f"{verb} VIEW {view.name} AS\n{view.query}")
