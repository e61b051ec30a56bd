"""From a profile to services that are ready to use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Generic, TypeVar

from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.bootstrap.catalogue import profile_catalogue
from ibkr_sync.bootstrap.clock import Clock, utc_now
from ibkr_sync.bootstrap.database import profile_database, takes_sample_data
from ibkr_sync.bootstrap.services import Services, delivery_book, hours_reader
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.ports.futures import FuturePort

if TYPE_CHECKING:
    from ibkr_sync.config.settings import ProfileSettings
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.ports.futures import LocalFuturePort
    from ibkr_sync.domain.ports.pins import PinPort
    from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.products.stored_futures import (
        StoredFutures,
    )

F = TypeVar("F", bound=Future)


@contextmanager
def bootstrap(
    profile: ProfileSettings,
    entity: type[F],
    *,
    gateway: Gateway | None = None,
    replaying_at: tuple[str, int] | None = None,
    beside: Services[F] | None = None,
    clock: Clock = utc_now,
) -> Iterator[Services[F]]:
    """Build the services for an asset type (`Future` for all) and close what was opened.

    `gateway` replaces the one that the profile would have built; `replaying_at` is where a replay
    gateway is served already, for a profile that would have started one. Services that are
    `beside` others share their delivery book and their database, which they leave open. Nothing is
    connected or created before a service is asked for something that needs it; the source, a
    replay gateway included, is not even built.
    """
    with ExitStack() as stack:
        if beside is None:
            database = stack.enter_context(profile_database(profile))
        else:
            database = beside.database
        book = cache(delivery_book) if beside is None else beside.delivery_book
        stored = _stored_futures(profile, entity, database, clock)
        catalogue = profile_catalogue(profile)
        building = partial(_gateway, profile, clock, stack, replaying_at)

        def build() -> FuturePort[F]:
            local = _local_repository(profile, entity, database, clock, book)
            return _port(profile, entity, local, gateway=gateway, clock=clock, building=building)

        names = SymbolResolver(catalogue, _pins(database, clock), stored, clock)
        futures = FuturesService(_SourceOnDemand(build, stored), names, stored, hours_reader)
        asks_source = profile.source != "local"
        yield Services(
            futures, database, catalogue, clock, delivery_book=book, asks_source=asks_source
        )


class _SourceOnDemand(FuturePort[F], Generic[F]):
    """A source that is built when it is first asked; what is stored is read without it."""

    def __init__(self, build: Callable[[], FuturePort[F]], stored: StoredFutures[F]) -> None:
        self._source = cache(build)
        self._stored = stored

    def get_by_symbol(self, query: FutureQuery) -> F:
        return self._stored.get_by_symbol(query)

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        return self._source().get_or_create(query, policy)

    def get_or_create_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        return self._source().get_or_create_many(queries, policy, on_run=on_run)

    def list_products(self) -> tuple[ProductSummary, ...]:
        return self._stored.list_products()


def _port(
    profile: ProfileSettings,
    entity: type[F],
    local: LocalFuturePort[F],
    *,
    gateway: Gateway | None,
    clock: Clock,
    building: Callable[[], Gateway],
) -> FuturePort[F]:
    """The repository of the source that the profile names; a further one is a branch here."""
    if profile.source_file is not None:
        from ibkr_sync.infrastructure.repositories.file_repo.repository import FileFutureRepository

        return FileFutureRepository(profile.source_file, local, entity, clock)
    if profile.source == "ibkr":
        from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

        is_replayed = gateway is None and profile.replay is not None
        gateway = gateway or building()
        origin = Origin.SAMPLE if is_replayed else Origin.IBKR
        return IbkrFutureRepository(
            gateway, local, entity, profile_catalogue(profile), clock, origin=origin
        )
    return local


def _stored_futures(
    profile: ProfileSettings, entity: type[F], database: Database, clock: Clock
) -> StoredFutures[F]:
    from ibkr_sync.infrastructure.repositories.local_repo.products.stored_futures import (
        StoredFutures,
    )

    return StoredFutures(database, entity, profile_catalogue(profile), clock)


def _local_repository(
    profile: ProfileSettings,
    entity: type[F],
    database: Database,
    clock: Clock,
    book: Callable[[], DeliveryBook],
) -> LocalFuturePort[F]:
    from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository

    return LocalFutureRepository(
        database,
        entity,
        profile_catalogue(profile),
        clock,
        takes_sample_data=takes_sample_data(database),
        deliveries=book,
        keep_raw_replies=profile.keep_raw_replies,
    )


def _pins(database: Database, clock: Clock) -> PinPort:
    from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins

    return LocalPins(database, clock)


def _gateway(
    profile: ProfileSettings,
    clock: Clock,
    stack: ExitStack,
    replaying_at: tuple[str, int] | None,
) -> Gateway:
    from ibkr_sync.bootstrap.replay import gateway_parameters
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway

    return stack.enter_context(
        Gateway(gateway_parameters(profile, clock, stack, replaying_at), clock)
    )
