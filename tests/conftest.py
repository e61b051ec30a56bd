"""What every test may use: a PostgreSQL server, and readable failures in shared suites."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from shared_statements import share_statements

pytest_plugins = (
    *("plugins.forbid_skips", "plugins.garbage", "plugins.made_once", "plugins.memory"),
    *("plugins.postgres", "plugins.processes", "plugins.representatives", "plugins.sqlite"),
)
pytest.register_assert_rewrite("contracts", "fakes", "gateway")
share_statements()

# A busy machine is slow, which says nothing about the code. The build server tries more examples.
settings.register_profile(
    "patient",
    deadline=None,
    max_examples=100 if os.environ.get("CI") else 20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: some tests wait, and each worker collects all tests."""
    return (os.cpu_count() or 1) + 2
