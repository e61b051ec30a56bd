"""Rigs on a file and on a server, each with products that the next run will change."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.register_assert_rewrite("e2e.fault_matrix.rig", "e2e.fault_matrix.stores")

from e2e.command_line import CommandLine  # noqa: E402 - after they are registered for rewriting
from e2e.fault_matrix.rig import (  # noqa: E402
    SPEAKS_PROTOBUF,
    Golden,
    Recoveries,
    Rig,
    asking,
    file_store,
    gateway_with,
)
from e2e.fault_matrix.stores import Store, contents, with_a_secret  # noqa: E402
from gateway.faults import ReplacedField  # noqa: E402
from postgres_server import can_be_had  # noqa: E402
from thoroughness import EVERYTHING, seeded  # noqa: E402

collect_ignore = [] if SPEAKS_PROTOBUF else ["test_protobuf_faults.py"]

HAS_SERVER = "IBKR_SYNC_TEST_POSTGRES" in os.environ or can_be_had()
"""Where there is none, what can't be tried on a file is skipped."""

STORES = ("file", "server")
STOCKED = ("ES", "VIX", "CL")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is tried under another ibapi, and of two stores that will do, one."""
    # No row is text where all are protobuf.
    about_text = (item for item in items if item.get_closest_marker("text_protocol"))
    left_out = set(about_text) if SPEAKS_PROTOBUF else set()
    if not EVERYTHING:
        left_out |= _on_the_other_store(items)
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def _on_the_other_store(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """The cases of a test take turns between the stores that there are; which begins is chance."""
    stores = STORES if HAS_SERVER else STORES[:1]
    left_out = set()
    cases: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for item in items:
        if _uses(item, "any_rig"):
            test, _, _ = item.nodeid.partition("[")
            numbers = cases[test]
            number = numbers.setdefault(item.name.replace("server", "file"), len(numbers))
            if stores[(seeded(test).randrange(2) + number) % len(stores)] != _store(item):
                left_out.add(item)
    return left_out


def _uses(item: pytest.Item, fixture: str) -> bool:
    return isinstance(item, pytest.Function) and fixture in item.fixturenames


def _store(item: pytest.Item) -> object:
    return item.callspec.params.get("each_rig") if hasattr(item, "callspec") else None


def fill(folder: Path) -> Path:
    """Store products in a state that the gateways of these tests know to be outdated."""
    store = file_store(folder)
    outdated = ReplacedField(row=None, field="market_name", value="Before")
    with gateway_with(outdated) as gateway:
        done = CommandLine(folder)("--database", store.location, *asking(STOCKED, gateway.port))
    assert done.code == 0, done
    return store.path


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the products; to be copied, not to be used."""
    return fill(tmp_path_factory.mktemp("filled"))


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


@pytest.fixture(scope="session")
def recoveries() -> Recoveries:
    """What is known of undisturbed runs."""
    return {}


@pytest.fixture
def rig(
    ibkr_sync: CommandLine, filled: Path, golden: Golden, recoveries: Recoveries, tmp_path: Path
) -> Rig:
    """On a file that holds the products."""
    store = file_store(tmp_path)
    shutil.copy(filled, store.path)
    return Rig(ibkr_sync, store, golden, recoveries)


@pytest.fixture
def server_rig(
    ibkr_sync: CommandLine,
    filled: Path,
    golden: Golden,
    recoveries: Recoveries,
    postgres_url: str,
) -> Rig:
    """On a server that holds the same products as the file."""
    store = Store(with_a_secret(postgres_url))
    store.take_over(filled)
    return Rig(ibkr_sync, store, golden, recoveries)


@pytest.fixture(params=STORES)
def each_rig(request: pytest.FixtureRequest) -> Rig:
    """One after the other, for what each does in its own way."""
    rig: Rig = request.getfixturevalue("rig" if request.param == "file" else "server_rig")
    return rig


@pytest.fixture
def any_rig(each_rig: Rig) -> Rig:
    """One of both, where it is all the same; both, in a torture."""
    return each_rig


@pytest.fixture
def refill(filled: Path) -> Callable[[Rig], None]:
    """Bring a rig's store back to the state that the next run will change."""

    def bring_back(rig: Rig) -> None:
        if "://" in rig.store.location:
            rig.store.take_over(filled)
        else:
            shutil.copy(filled, rig.store.path)

    return bring_back
