"""The gateway keeps what every source promises, over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from contracts.future_port import DelegatingTo, SourceContract
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import CRUDE_OIL, DAX, DAX_MINI, ES, Connect, Serve
from fakes.recordings import recording_of
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository


class TestIbkrFutureRepository(SourceContract):
    @pytest.fixture(params=["in memory", "in SQLite"])
    def local_for(
        self, clock: FakeClock, request: pytest.FixtureRequest
    ) -> Iterator[Callable[[type[Future]], LocalFuturePort[Future]]]:
        """Make the local repository that the gateway's delegates to."""
        with Database(":memory:") as database:
            if request.param == "in memory":
                yield lambda entity: InMemoryFutureRepository(entity, clock)
            else:
                yield lambda entity: LocalFutureRepository(
                    database, entity, load_catalogue(), clock
                )

    @pytest.fixture
    def source_with(
        self,
        clock: FakeClock,
        serve: Serve,
        connect: Connect,
        local_for: Callable[[type[Future]], LocalFuturePort[Future]],
    ) -> DelegatingTo:
        def make(
            products: Iterable[Future], entity: type[Future] = Future
        ) -> IbkrFutureRepository[Future]:
            replay = serve(recording=recording_of(*products), now=clock)
            gateway = connect(replay, clock=clock)
            return IbkrFutureRepository(gateway, local_for(entity), entity, load_catalogue(), clock)

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
