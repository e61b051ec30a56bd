"""Gateways to connect to, and clients that are checked to leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    NOW,
    QUICK,
    RECORDING,
    SERVER_VERSION,
    Connect,
    RepositoryOf,
    Serve,
    reader_threads,
)
from gateway.faults import Fault
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.infrastructure.replay.protocol.dialect import NEWEST_TEXT_SERVER_VERSION
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about text when IBKR_SYNC_TEST_SERVER_VERSION has gateways speak more."""
    about_text = [item for item in items if item.get_closest_marker("text_protocol")]
    if SERVER_VERSION > NEWEST_TEXT_SERVER_VERSION and about_text:
        config.hook.pytest_deselected(items=about_text)
        items[:] = [item for item in items if item not in about_text]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start gateways: `serve(*faults, recording=RECORDING, **options)`."""
    with ExitStack() as stack:

        def start(
            *faults: Fault, recording: Recording = RECORDING, **options: object
        ) -> ScriptedGateway:
            options = {"now": FakeClock(NOW), "server_version": SERVER_VERSION} | options
            return stack.enter_context(ScriptedGateway(recording, faults=faults, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make clients: `connect(replay, clock=..., **parameters)`.

    At the end none may have left a thread.
    """
    with ExitStack() as stack:

        def make(
            replay: ScriptedGateway, clock: FakeClock | None = None, **parameters: float
        ) -> Gateway:
            limits = QUICK | {"host": replay.host, "port": replay.port} | parameters
            gateway = Gateway(GatewayParameters(**limits), clock or FakeClock(NOW))  # type: ignore[arg-type]
            return stack.enter_context(gateway)

        yield make
    assert reader_threads() == []


@pytest.fixture
def local() -> InMemoryFutureRepository[Future]:
    """Where the repository keeps what it acquired."""
    return InMemoryFutureRepository(Future, FakeClock(NOW))


@pytest.fixture
def repository_of(connect: Connect, local: InMemoryFutureRepository[Future]) -> RepositoryOf:
    """Make repositories on a gateway: `repository_of(replay, **parameters)`."""

    def make(replay: ScriptedGateway, **parameters: float) -> IbkrFutureRepository[Future]:
        gateway = connect(replay, **parameters)
        return IbkrFutureRepository(gateway, local, Future, load_catalogue(), FakeClock(NOW))

    return make
