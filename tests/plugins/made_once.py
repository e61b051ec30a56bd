"""Modules whose tests share what takes seconds to make come first, so that one worker runs each.

Workers take tests from the end of what another one has still to do: what comes last is torn apart,
and each worker makes anew what the tests of a module share.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MADE_ONCE = (
    TESTS / "integration/month",
    TESTS / "integration/test_catalogue_round_trip.py",
    TESTS / "integration/library",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring them to the front, in every worker alike."""
    items.sort(key=lambda item: not _is_made_once(item.path))


@cache
def _is_made_once(path: Path) -> bool:
    return any(path.is_relative_to(other) for other in MADE_ONCE)
