"""Futures products from a file in our own export format, kept by the local repository."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository
from ibkr_sync.infrastructure.repositories.file_repo.source import FileFutureSource

F = TypeVar("F", bound=Future)


class FileFutureRepository(DelegatingFutureRepository[F], Generic[F]):
    """The source that a file is with the local repository that keeps what it gives."""

    def __init__(
        self,
        path: Path,
        local: LocalFuturePort[F],
        entity: type[F],
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(FileFutureSource(path, entity, clock), local, clock)
