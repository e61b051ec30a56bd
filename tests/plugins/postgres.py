"""One PostgreSQL server for all workers of a run, started by the first test that needs it."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import psycopg
import pytest
from filelock import FileLock
from sqlalchemy.engine import make_url

from databases import create_schema
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from postgres_server import PostgresServer

FOLDER = pytest.StashKey[Path]()
_NAME = "postgres_folder"


def pytest_configure(config: pytest.Config) -> None:
    """Agree on a folder, which the controlling process makes and removes.

    It is not below pytest's, which others than its owner can't enter.
    """
    given = getattr(config, "workerinput", {}).get(_NAME)
    config.stash[FOLDER] = Path(given or tempfile.mkdtemp(prefix="ibkr-sync-postgres-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker the folder."""
    node.workerinput[_NAME] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when all workers are done, however the tests went."""
    if not hasattr(config, "workerinput"):
        folder = config.stash[FOLDER]
        if (folder / "data").exists():
            with suppress(CalledProcessError):  # its start may be what failed
                PostgresServer(folder).stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """The URL of a server: `IBKR_SYNC_TEST_POSTGRES`, else the one of this run.

    Skips where there is neither.
    """
    given = os.environ.get("IBKR_SYNC_TEST_POSTGRES")
    if given:
        return given
    folder = pytestconfig.stash[FOLDER]
    with FileLock(folder / "lock"):
        server = PostgresServer(folder)
        if not server.is_up:
            server.set_up()
    return server.url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema, which is gone after the test."""
    with _empty_schema(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_tables(postgres_server: str) -> Iterator[tuple[Database, Callable[[], object]]]:
    with _empty_schema(postgres_server) as url, Database(url) as database:
        create_schema(database)
        with psycopg.connect(url, autocommit=True) as connection:
            emptying = ";".join((*_deletions(), *_restarts())).encode()
            yield database, lambda: connection.execute(emptying, prepare=False)


@pytest.fixture
def postgres_database(
    _postgres_tables: tuple[Database, Callable[[], object]],
) -> Iterator[Database]:
    """A database of a server with our tables, which are empty: a tenth of the work of making them.

    It stays open for the tests to come: a new session is slow until it knows all tables.
    """
    database, empty = _postgres_tables
    yield database
    empty()


@pytest.fixture
def postgres_tables_url(postgres_database: Database) -> str:
    """The URL of the same database, for a test that opens it itself."""
    assert postgres_database.location.url is not None
    return postgres_database.location.url.render_as_string(hide_password=False)


def _deletions() -> Iterator[str]:
    for table in reversed(metadata.sorted_tables):
        yield str(table.delete())


def _restarts() -> Iterator[str]:
    """Let ids begin at 1 again."""
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None:
            sequence = (
                f"pg_get_serial_sequence('{table.name}', '{table.autoincrement_column.name}')"
            )
            yield f"SELECT setval({sequence}, 1, false)"


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema that the tests of a module share."""
    with _empty_schema(postgres_server) as url:
        yield url


@contextmanager
def _empty_schema(postgres_server: str) -> Iterator[str]:
    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    url = make_url(postgres_server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
