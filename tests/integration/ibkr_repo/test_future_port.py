"""The gateway keeps what every source promises, over a real socket."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from contracts.future_port import FuturePortContract, SourceWith
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import CRUDE_OIL, DAX, DAX_MINI, ES, QUICK, Serve
from fakes.recordings import recording_of
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.futures import FuturePort
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.parameters import GatewayParameters
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository


class TestIbkrFutureRepository(FuturePortContract):
    @pytest.fixture
    def source_with(
        self, clock: FakeClock, serve: Serve, request: pytest.FixtureRequest
    ) -> SourceWith:
        def make(products: Iterable[Future], entity: type[Future] = Future) -> FuturePort[Future]:
            replay = serve(recording=recording_of(*products), now=clock)
            limits = QUICK | {"host": replay.host, "port": replay.port}
            gateway = Gateway(GatewayParameters(**limits), clock)  # type: ignore[arg-type]
            request.addfinalizer(gateway.close)
            local = InMemoryFutureRepository(entity, clock)
            return IbkrFutureRepository(gateway, local, entity, load_catalogue(), clock)

        return make

    @pytest.fixture
    def product(self) -> Future:
        return ES

    @pytest.fixture
    def other_product(self) -> Future:
        return CRUDE_OIL

    @pytest.fixture
    def twins(self) -> tuple[Future, Future]:
        return DAX, DAX_MINI
