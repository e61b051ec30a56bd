"""A real gateway keeps the same promises; only questions are asked of it.

Run it with a paper gateway: `IBKR_SYNC_LIVE=127.0.0.1:4002 pytest -m live`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.future_port import DelegatingTo, SourceContract
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future, IndexFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif("IBKR_SYNC_LIVE" not in os.environ, reason="needs IBKR_SYNC_LIVE=host:port"),
    pytest.mark.timeout(600),
]

DAX_CLASSES = ("FDAX", "FDXM", "FDXS")


@pytest.fixture(scope="module")
def live_clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))


@pytest.fixture(scope="module")
def gateway(live_clock: FakeClock) -> Iterator[Gateway]:
    host, _, port = os.environ["IBKR_SYNC_LIVE"].rpartition(":")
    with Gateway(GatewayParameters(host=host, port=int(port)), live_clock) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def held(gateway: Gateway, live_clock: FakeClock) -> dict[FutureQuery, Future]:
    """What the gateway says of some products."""
    queries = [
        FutureQuery(symbol="ES"),
        FutureQuery(symbol="CL"),
        *(FutureQuery(symbol="DAX", trading_class=other) for other in DAX_CLASSES),
    ]
    repository = repository_on(gateway, Future, live_clock)
    updates = repository.get_or_create_many(queries, SyncPolicy(dry_run=True))
    return {update.query: update.product for update in updates if isinstance(update, FutureUpdate)}


def repository_on(
    gateway: Gateway, entity: type[Future], clock: FakeClock
) -> IbkrFutureRepository[Future]:
    local = InMemoryFutureRepository(entity, clock)
    return IbkrFutureRepository(gateway, local, entity, load_catalogue(), clock)


class TestLiveGateway(SourceContract):
    @pytest.fixture
    def clock(self, live_clock: FakeClock) -> FakeClock:
        return live_clock

    @pytest.fixture
    def source_with(self, gateway: Gateway, clock: FakeClock) -> DelegatingTo:
        """A port on the gateway, which holds the products already."""

        def make(
            _products: Iterable[Future], entity: type[Future] = Future
        ) -> IbkrFutureRepository[Future]:
            return repository_on(gateway, entity, clock)

        return make

    @pytest.fixture
    def product(self, held: dict[FutureQuery, Future]) -> Future:
        return held[FutureQuery(symbol="ES")]

    @pytest.fixture
    def other_product(self, held: dict[FutureQuery, Future]) -> Future:
        return held[FutureQuery(symbol="CL")]

    @pytest.fixture
    def twins(self, held: dict[FutureQuery, Future]) -> tuple[Future, ...]:
        return tuple(held[FutureQuery(symbol="DAX", trading_class=other)] for other in DAX_CLASSES)

    def test_knows_the_e_mini_as_the_exchange_specifies_it(self, product: Future) -> None:
        assert isinstance(product, IndexFuture)
        assert product.key == ("ES", "CME", "ES")
        assert product.underlying is not None
        assert product.underlying.symbol == "ES"
        assert (product.currency, product.time_zone) == ("USD", "America/Chicago")
        assert (product.multiplier, product.tick_value) == (Decimal(50), Decimal("12.5"))
        assert len(product.contracts) >= 4
        for contract in product.contracts:
            assert contract.last_trade_at is not None
            assert contract.contract_month is not None
            assert contract.venues[0].market_rule_id is not None
