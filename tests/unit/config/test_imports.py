from __future__ import annotations

import subprocess
import sys

from one_case import one_case

HEAVY = ("pydantic", "asyncio", "sqlalchemy", "alembic", "ibapi", "platformdirs")


@one_case(
    ("module", "needs"),
    [
        ("ibkr_sync.domain.databases.database_url", set()),
        ("ibkr_sync.config.config_files", set()),
        ("ibkr_sync.config.example", set()),
        ("ibkr_sync.config.loading", set()),
    ],
)
def test_a_module_loads_only_the_libraries_it_needs(module: str, needs: set[str]) -> None:
    script = f"import sys, {module}; print(*(set({HEAVY!r}) & sys.modules.keys()))"
    loaded = subprocess.run(  # noqa: S603 -- our own script
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()

    assert set(loaded) == needs
