"""Whether a database has all tables, views and columns that its revision promises."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from ibkr_sync.domain.errors import DatabaseDamagedError, ViewMissingError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import revision_status
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import wrong_views

_COLUMNS = (
    "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c"
    " WHERE t.type = 'table'"
)
_POSTGRES_COLUMNS = (
    "SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped"
    " AND c.relkind IN ('r', 'p')"
)


def refuse_incomplete_schema(database: Database) -> None:
    """Raise DatabaseDamagedError if a table or column is missing, ViewMissingError for a view.

    Raises another StorageError if it can't be read.

    Only the schema that this version needs is looked into; types and indexes are not.
    """
    if database.is_absent:
        return
    with database.read() as connection:
        if not revision_status(connection, database).is_current:
            return
        wrong = wrong_views(connection)
        stored = _stored_columns(connection, database)
    for table in metadata.sorted_tables:
        if table.name not in stored:
            raise DatabaseDamagedError(database.name, f"its schema lacks table {table.name}")
        for column in table.columns:
            if column.name not in stored[table.name]:
                raise DatabaseDamagedError(database.name, f"its schema lacks column {column}")
    if wrong:
        raise ViewMissingError(database.name, f"its schema lacks view {wrong[0]} as it was made")


def _stored_columns(connection: Connection, database: Database) -> dict[str, set[str]]:
    columns: dict[str, set[str]] = {}
    query = _COLUMNS if database.is_sqlite else _POSTGRES_COLUMNS
    for table, column in connection.exec_driver_sql(query):
        columns.setdefault(table, set()).add(column)
    return columns
