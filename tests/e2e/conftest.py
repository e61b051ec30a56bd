"""The command line, and a database with sample products in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.register_assert_rewrite("e2e.command_line")

from e2e.command_line import CommandLine  # noqa: E402 - after it is registered for rewriting
from e2e.gateways import sample_gateway  # noqa: E402


@pytest.fixture
def ibkr_sync(tmp_path: Path) -> CommandLine:
    """The command with an empty home and working folder."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="session")
def _stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stocked")
    path = folder / "stocked.db"
    command = CommandLine(folder)
    with sample_gateway() as gateway:
        done = command(
            *("--database", path, "get", "ES", "VIX", "CL", "--expired"),
            *("--source", "ibkr", "--port", str(gateway.port)),
        )
    assert done.code == 0, done
    return path


@pytest.fixture
def stocked(_stocked: Path, tmp_path: Path) -> Path:
    """A database of one's own that holds ES, VIX and CL of the sample, expired ones too."""
    return Path(shutil.copy(_stocked, tmp_path / "stocked.db"))


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds products of the sample that are delivered, to be read only."""
    folder = tmp_path_factory.mktemp("delivered")
    path = folder / "delivered.db"
    with sample_gateway() as gateway:
        done = CommandLine(folder)(
            *("--database", path, "get", "GC", "ZC", "ZN", "LE", "ES"),
            *("--source", "ibkr", "--port", str(gateway.port)),
        )
    assert done.code == 0, done
    return path
