"""Of the faults that are tried, a few represent the others in `make test`.

The first case of a test that is marked `representative` is one of these; whatever else is in the
folders of faults is marked `faults`, for `make faults`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FOLDERS_OF_FAULTS = (TESTS / "e2e/fault_matrix", TESTS / "torture")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test` leaves out, before pytest selects by marks."""
    represented = set()
    for item in items:
        if _tries_faults(item.path):
            test, _, _ = item.nodeid.partition("[")
            if test in represented or not item.get_closest_marker("representative"):
                item.add_marker(pytest.mark.faults)
            represented.add(test)


@cache
def _tries_faults(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in FOLDERS_OF_FAULTS)
