"""What a run has loaded and collected stays to its end, so nothing looks there for garbage."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Find the tests without looking for garbage, then look no more at what was found."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
