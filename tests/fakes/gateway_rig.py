"""What tests against a gateway on loopback share: its data, quick limits, leftovers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from contracts import examples
from fakes.recordings import as_sent, recording_of
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import Future, IndexFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.gateway_session import (
    GatewaySession,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

SERVER_VERSION = int(os.environ.get("IBKR_SYNC_TEST_SERVER_VERSION", "157"))
"""The newest that gateways offer; above 200 they speak protobuf with an ibapi that does."""

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

ES = as_sent(examples.ES, category="index")
DAX = as_sent(examples.DAX, category="index")
DAX_MINI = as_sent(examples.DAX_MINI, category="index")
CRUDE_OIL = as_sent(examples.CRUDE_OIL, category="energy")
NASDAQ = as_sent(
    examples.with_chain(
        IndexFuture(
            symbol="NQ",
            exchange="CME",
            trading_class="NQ",
            currency="USD",
            name="E-mini Nasdaq 100",
            multiplier=Decimal(20),
            price_magnifier=1,
            min_tick=Decimal("0.25"),
            time_zone="America/Chicago",
        ),
        40,
        first_con_id=640000001,
    ),
    category="index",
)
RECORDING = recording_of(ES, NASDAQ, CRUDE_OIL)

QUICK = {
    "connect_timeout": 5.0,
    "handshake_timeout": 5.0,
    "idle_timeout": 5.0,
    "total_timeout": 20.0,
    "run_timeout": 60.0,
    "messages_per_second": 1000.0,
}
"""Limits that no healthy reply on loopback comes near."""

NEVER = 3600.0
"""Seconds that no test lasts: pytest stops one that waits for their end."""

NOW_PLEASE = SyncPolicy()

Serve: TypeAlias = Callable[..., ScriptedGateway]
Connect: TypeAlias = Callable[..., Gateway]
RepositoryOf: TypeAlias = Callable[..., IbkrFutureRepository[Future]]


def await_arrival(gateway: Gateway | GatewaySession) -> None:
    """Return once all that was sent before has arrived: this question is answered after it."""
    gateway.request_contracts(ContractRequest(symbol="ES", exchange="CME")).exception(10)


def reader_threads() -> list[threading.Thread]:
    """The threads of sessions that are still at work."""
    return [thread for thread in threading.enumerate() if thread.name == "gateway-reader"]


def open_files() -> int:
    """How many file descriptors this process holds."""
    return len(list(Path("/dev/fd").iterdir()))


def bring_up_to_date(
    repository: IbkrFutureRepository[Future],
    *symbols: str,
    policy: SyncPolicy = NOW_PLEASE,
    exchange: str | None = None,
) -> dict[str, FutureUpdate[Future] | FutureFailure]:
    """Ask for several products in one run, openly unless on an exchange; the outcomes by symbol."""
    queries = [FutureQuery(symbol=symbol, exchange=exchange) for symbol in symbols]
    outcomes = repository.get_or_create_many(queries, policy)
    return {outcome.query.symbol: outcome for outcome in outcomes}
