"""All that a database holds, copied into an empty one, of whichever kind either is.

One snapshot of the source, one transaction of the target: what is cut short leaves an empty target,
and can be begun again.
"""

from __future__ import annotations

from sqlalchemy import Table, func, literal, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.errors import (
    DatabaseDamagedError,
    DatabaseFilledError,
    DatabaseUnavailableError,
    SampleDataError,
    SchemaNewerError,
    StorageError,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.table_reading import (
    Progress,
    RowCounter,
    TableDigest,
    count_rows,
    read_contents,
    readable_values,
    row_batches,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_insert
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    read_revision,
    refuse_older_revision,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata, products
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing


def copy_database(
    source: Database, target: Database, *, takes_sample_data: bool, on_progress: Progress
) -> tuple[TableContents, ...]:
    """Copy every row, and give what each table then holds, compared with what was read.

    Raises DatabaseFilledError for a target that holds anything, AlreadyRunningError while a run is
    at work on it, SampleDataError unless the target takes sample data, or another StorageError;
    then the target is as it was.
    """
    with source.snapshot():
        refuse_nothing(source)
        check_integrity(source)
        if not takes_sample_data:
            with source.read() as connection:
                refuse_sample_data(connection)
        if is_filled(target):
            raise DatabaseFilledError(target.name)
        with run_lock(target):
            return copy_rows(source, target, on_progress=on_progress)


def copy_rows(
    source: Database, target: Database, *, on_progress: Progress
) -> tuple[TableContents, ...]:
    """Copy as `copy_database`, under the caller's lock."""
    with (
        readable_values(source.name),
        reading(source) as origin,
        writing(target) as copy,
    ):
        if holds_rows(copy):
            raise DatabaseFilledError(target.name)
        return insert_rows(origin, copy, target, on_progress)


def insert_rows(
    origin: Connection, copy: Connection, target: Database, on_progress: Progress
) -> tuple[TableContents, ...]:
    """Copy every row into tables that hold none, by a transaction of the target, and compare."""
    counter = RowCounter(2 * count_rows(origin), on_progress)
    given = tuple(_copy_table(origin, copy, table, counter) for table in metadata.sorted_tables)
    if not target.is_sqlite:
        _advance_sequences(copy)
    refuse_difference(given, read_contents(copy, counter), target)
    return given


def is_filled(database: Database) -> bool:
    """Whether a database holds anything, of whatever version; raises ForeignDatabaseError."""
    try:
        status = read_revision(database)
        if not status.is_current:
            return not status.is_empty
        with reading(database) as connection:
            return holds_rows(connection)
    except (SchemaNewerError, DatabaseDamagedError):
        return True


def refuse_nothing(database: Database) -> None:
    """Raise DatabaseUnavailableError where there is nothing to copy, or SchemaBehindError."""
    status = read_revision(database)
    refuse_older_revision(status, database)
    if status.is_empty:
        raise DatabaseUnavailableError(database.name, "there is nothing in it yet")


def refuse_sample_data(connection: Connection) -> None:
    """Raise SampleDataError for sample data, on its way to a database that takes none."""
    key = (products.c.symbol, products.c.exchange, products.c.trading_class)
    sample = select(*key).where(products.c.origin == Origin.SAMPLE).limit(1)
    found = connection.execute(sample).first()
    if found is not None:
        raise SampleDataError(ProductKey(*found))


def refuse_difference(
    given: tuple[TableContents, ...], kept: tuple[TableContents, ...], copy: Database
) -> None:
    """Raise StorageError where a table of a copy does not hold what the original does."""
    for original, copied in zip(given, kept, strict=True):
        if original != copied:
            detail = f"table {copied.table} has {copied.rows} rows, not the {original.rows} given"
            if original.rows == copied.rows:
                detail = f"the rows of table {copied.table} are not those that were given"
            raise StorageError(copy.name, detail)


def _copy_table(
    origin: Connection, copy: Connection, table: Table, counter: RowCounter
) -> TableContents:
    digest, names = TableDigest(table), tuple(column.name for column in table.c)
    for rows in row_batches(origin, table):
        digest.add(rows)
        bulk_insert(copy, table, names, rows)
        counter.add(len(rows))
    return digest.contents()


def holds_rows(connection: Connection) -> bool:
    """Whether any of our tables has a row, of a connection to a database of today's schema."""
    one_row = (select(literal(1)).select_from(table).limit(1) for table in metadata.sorted_tables)
    return any(connection.execute(statement).first() for statement in one_row)


def _advance_sequences(connection: Connection) -> None:
    """Let the ids of rows to come follow those of the rows that brought theirs along."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = func.max(column)
            next_id = func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))
            connection.execute(select(next_id))
