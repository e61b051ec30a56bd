"""A program's surroundings: the week's database, its moment, and settings that name it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

import ibkr_sync
from sample_week import MONDAY, store_week


@pytest.fixture(scope="session")
def _stored_week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("week") / "futures.db"
    store_week(path)
    return path


@pytest.fixture
def week(_stored_week: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A week's database of one's own, which the settings name, on the Monday after."""
    path = Path(shutil.copy(_stored_week, tmp_path / "futures.db"))
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setenv("IBKR_SYNC_DATABASE", str(path))
    monkeypatch.chdir(tmp_path)
    with time_machine.travel(MONDAY, tick=False):
        yield path


@pytest.fixture
def futures(week: Path) -> Iterator[ibkr_sync.ReferenceData]:
    """The week's database, open."""
    with ibkr_sync.open(week) as opened:
        yield opened
