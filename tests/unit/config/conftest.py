from __future__ import annotations

from pathlib import Path

import pytest

from ibkr_sync.config.config_files import ConfigFolders
from unit.config.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    home, cwd = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    cwd.mkdir()
    folders = ConfigFolders(config=home / "settings", data=home / "data")
    return Machine(home=home, cwd=cwd, folders=folders)
