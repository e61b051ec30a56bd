"""Futures products from TWS / IB Gateway, kept by the local repository."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.source import IbkrFutureSource

F = TypeVar("F", bound=Future)


class IbkrFutureRepository(DelegatingFutureRepository[F], Generic[F]):
    """IBKR's source with the local repository that keeps what it gives."""

    def __init__(
        self,
        gateway: Gateway,
        local: LocalFuturePort[F],
        entity: type[F],
        catalogue: Catalogue,
        clock: Callable[[], datetime],
        *,
        origin: Origin = Origin.IBKR,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        source = IbkrFutureSource(gateway, entity, catalogue, clock, origin=origin, pause=pause)
        super().__init__(source, local, clock)
