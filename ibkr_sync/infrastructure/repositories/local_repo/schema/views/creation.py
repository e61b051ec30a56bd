"""Making the views of this version, and taking them out of the way of a migration.

A view is no data: every upgrade makes today's anew, so that no migration needs to know them. For
whoever asks in SQL their columns stay when the tables change, and are only ever added, at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import Connection

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.change_view import v_changes
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.contract_view import v_contracts
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.product_view import v_products
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.run_view import v_runs
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import View
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view_sql import ViewSql

_VIEWS: tuple[Callable[[ViewSql], View], ...] = (v_contracts, v_products, v_changes, v_runs)
"""In the order in which they are made: one may be built on those before it."""

_STORED = "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
_POSTGRES_STORED = (
    "SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
    " WHERE n.nspname = current_schema() AND c.relkind = 'v' GROUP BY c.relname"
)

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


def wrong_views(connection: Connection) -> tuple[str, ...]:
    """The names of the views that are not there, or that others stand in place of.

    PostgreSQL keeps no text of a view, and its columns are compared.
    """
    dialect = connection.dialect.name
    if dialect == "sqlite":
        own = {view.name: _creation(view, dialect) for view in views_of(dialect)}
    else:
        own = {
            view.name: ",".join(column.name for column in view.columns)
            for view in views_of(dialect)
        }
    found = connection.exec_driver_sql(_STORED if dialect == "sqlite" else _POSTGRES_STORED)
    stored: dict[str, str] = {name: text for name, text in found}  # noqa: C416 - rows are no pairs
    return tuple(name for name in VIEW_NAMES if stored.get(name) != own[name])


def ensure_views(connection: Connection) -> bool:
    """Make all views anew if any is missing or replaced, and say so."""
    wrong = wrong_views(connection)
    if not wrong:
        return False
    drop_views(connection)
    for name in reversed(wrong):  # of other columns, which PostgreSQL refuses to replace
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    create_views(connection)
    return True


def create_views(connection: Connection) -> None:
    """Make the views of this version; in SQLite there must be none of before."""
    dialect = connection.dialect.name
    for view in views_of(dialect):
        connection.exec_driver_sql(_creation(view, dialect))


def _creation(view: View, dialect: str) -> str:
    verb = "CREATE" if dialect == "sqlite" else "CREATE OR REPLACE"
    return f"{verb} VIEW {view.name} AS\n{view.query}"
