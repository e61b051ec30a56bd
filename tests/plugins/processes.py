"""Processes of a test's own: forks of one that has loaded what they need, which takes long."""

from __future__ import annotations

from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

LOADED = (
    *("alembic.command", "databases", "integration.local_repo.products"),
    *("sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite"),
)


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Makes processes, pipes and queues: `processes.Process(target=…)`."""
    context = get_context("forkserver")
    context.set_forkserver_preload([*LOADED])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))  # it is not told ours
        forkserver.ensure_running()
    return context
