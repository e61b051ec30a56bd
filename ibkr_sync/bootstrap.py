"""The composition root: from a profile to services that are ready to use.

Adapters are imported where they are built, so that a command loads only what it needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.catalogue import Catalogue, load_catalogue
from ibkr_sync.config.config_files import config_folders
from ibkr_sync.config.settings import CatalogueSettings, NotifySettings, ProfileSettings
from ibkr_sync.config.settings_resolution import DATABASE_FILE
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.ports.pins import PinPort

if TYPE_CHECKING:
    from ibkr_sync.application.notifying.refresh_notifications import RefreshNotifications
    from ibkr_sync.application.services.deliveries.audit import AuditService
    from ibkr_sync.application.services.deliveries.delivery import DeliveryService
    from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImportService
    from ibkr_sync.application.services.diagnosis import DiagnosisService, ProfileProbes
    from ibkr_sync.application.services.freshness import FreshnessService
    from ibkr_sync.application.services.get import GetService
    from ibkr_sync.application.services.history import HistoryService
    from ibkr_sync.application.services.past_hours import PastHoursService
    from ibkr_sync.application.services.raw_replies import RawReplyService
    from ibkr_sync.application.services.refresh import RefreshService
    from ibkr_sync.application.services.renormalising import RenormalisingService
    from ibkr_sync.application.services.watchlist import WatchlistService
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.ports.runs import RunsPort
    from ibkr_sync.domain.ports.sent_hours import SentHoursReader
    from ibkr_sync.domain.runs.diagnosis.gateway import GatewayFacts
    from ibkr_sync.domain.runs.diagnosis.installation import SettingsFacts
    from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts
    from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
    from ibkr_sync.infrastructure.replay.sample.week import SampleWeek
    from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
        GatewayParameters,
    )
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import SchemaStatus
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import SchemaUpgrade

F = TypeVar("F", bound=Future)
T = TypeVar("T")
P = ParamSpec("P")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class Services(Generic[F]):
    """What a profile offers; what few commands need is built when it is first asked for."""

    def __init__(
        self,
        futures: FuturesService[F],
        database: Database,
        catalogue: Catalogue,
        clock: Clock,
        *,
        asks_source: bool,
    ) -> None:
        self.futures = futures
        self._database = database
        self._catalogue = catalogue
        self._clock = clock
        self._asks_source = asks_source

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read inside see one state of the database; a write ends that state."""
        return self._database.snapshot()

    def in_snapshot(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function as one that reads one state of the database (see `snapshot`)."""

        def inside(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.snapshot():
                return function(*args, **kwargs)

        return inside

    @cached_property
    def get(self) -> GetService:
        """Bringing what is named up to date."""
        from ibkr_sync.application.services.get import GetService

        return GetService(self.futures, self.history, self._clock, asks_source=self._asks_source)

    @cached_property
    def refresh(self) -> RefreshService:
        """Keeping what is watched up to date."""
        from ibkr_sync.application.services.refresh import RefreshService

        return RefreshService(
            self.futures, self.watchlist, self.history, self.runs, clock=self._clock
        )

    @cached_property
    def past_hours(self) -> PastHoursService:
        """Hours of days that the window which IBKR sent last does not reach."""
        from ibkr_sync.application.services.past_hours import PastHoursService
        from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import (
            LocalKeptHours,
        )

        return PastHoursService(LocalKeptHours(self._database), _hours_reader())

    @cached_property
    def raw_replies(self) -> RawReplyService:
        """What the raw replies take that are kept, and the whole database."""
        from ibkr_sync.application.services.raw_replies import RawReplyService
        from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies

        return RawReplyService(LocalRawReplies(self._database, self._clock))

    @cached_property
    def renormalising(self) -> RenormalisingService:
        """Reading the raw replies again that are kept."""
        from ibkr_sync.application.services.renormalising import RenormalisingService
        from ibkr_sync.infrastructure.repositories.ibkr_repo.raw_reply_reader import IbkrReplyReader
        from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies

        replies = LocalRawReplies(self._database, self._clock, _delivery_book)
        return RenormalisingService(replies, IbkrReplyReader(self._catalogue))

    @cached_property
    def history(self) -> HistoryService:
        """What changed, and what was known in the past."""
        from ibkr_sync.application.services.history import HistoryService
        from ibkr_sync.infrastructure.repositories.local_repo.history import LocalHistory

        return HistoryService(LocalHistory(self._database), self.deliveries)

    @cached_property
    def watchlist(self) -> WatchlistService:
        """The products that the user wants kept up to date."""
        from ibkr_sync.application.services.watchlist import WatchlistService
        from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist

        return WatchlistService(LocalWatchlist(self._database, self._clock), self.futures)

    @cached_property
    def deliveries(self) -> DeliveryService:
        """Until when contracts may be held."""
        from ibkr_sync.application.services.deliveries.delivery import DeliveryService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self._database, _delivery_book, self._clock)
        return DeliveryService(_delivery_book(), stored, self._clock)

    @cached_property
    def delivery_import(self) -> DeliveryImportService:
        """Dates of deliveries that the user got elsewhere."""
        from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImportService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self._database, _delivery_book, self._clock)
        return DeliveryImportService(stored, self._catalogue, _delivery_book())

    @cached_property
    def audit(self) -> AuditService:
        """What contradicts what in the stored data."""
        from ibkr_sync.application.services.deliveries.audit import AuditService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self._database, _delivery_book, self._clock)
        return AuditService(self.futures, self._catalogue, _delivery_book(), stored)

    @cached_property
    def runs(self) -> RunsPort:
        """The runs that were recorded."""
        from ibkr_sync.infrastructure.repositories.local_repo.runs.local_runs import LocalRuns

        return LocalRuns(self._database)

    @cached_property
    def freshness(self) -> FreshnessService:
        """Whether what is to be kept up to date is."""
        from ibkr_sync.application.services.freshness import FreshnessService

        return FreshnessService(self.watchlist, self.futures, self.runs)


@contextmanager
def bootstrap(
    profile: ProfileSettings,
    entity: type[F],
    *,
    gateway: Gateway | None = None,
    replaying_at: tuple[str, int] | None = None,
    clock: Clock = utc_now,
) -> Iterator[Services[F]]:
    """Build the services for an asset type (`Future` for all) and close what was opened.

    `gateway` replaces the one that the profile would have built; `replaying_at` is where a replay
    gateway is served already, for a profile that would have started one. Nothing is connected or
    created before a service is asked for something that needs it; the source, a replay gateway
    included, is not even built.
    """
    with ExitStack() as stack:
        database = stack.enter_context(_database(profile))
        local = _local_repository(profile, entity, database, clock)
        catalogue = _catalogue(profile)
        building = partial(_gateway, profile, clock, stack, replaying_at)
        build = partial(
            _port, profile, entity, local, gateway=gateway, clock=clock, building=building
        )
        names = SymbolResolver(catalogue, _pins(database, clock), local, clock)
        futures = FuturesService(_SourceOnDemand(build, local), names, local, _hours_reader())
        asks_source = profile.source != "local"
        yield Services(futures, database, catalogue, clock, asks_source=asks_source)


def catalogue_products(profile: ProfileSettings, pattern: str | None) -> Sequence[CatalogueProduct]:
    """What the catalogue knows, the user's own products included; all of it for None.

    The pattern is a symbol, exchange, class, code, type or word of the name, or has `*` and `?`.
    """
    from ibkr_sync.catalogue.product_facts import product_with_facts

    return tuple(map(product_with_facts, _catalogue(profile).search(pattern)))


def refresh_notifications(settings: NotifySettings) -> RefreshNotifications:
    """Whoever is to be notified of a refresh."""
    from ibkr_sync.application.notifying.refresh_notifications import RefreshNotifications
    from ibkr_sync.domain.history.severity import Severity

    heartbeat, hook = None, None
    if settings.ping_url is not None:
        from ibkr_sync.infrastructure.notifying.http_heartbeat import HttpHeartbeat

        heartbeat = HttpHeartbeat(settings.ping_url, settings.timeout)
    if settings.command:
        from ibkr_sync.infrastructure.notifying.command_hook import CommandHook

        hook = CommandHook(settings.command, settings.timeout)
    return RefreshNotifications(heartbeat, hook, Severity(settings.severity))


def schema_status(profile: ProfileSettings) -> SchemaStatus:
    """Give what schema the profile's database has, and what it needs; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import schema_status

    with _database(profile) as database:
        return schema_status(database)


def refuse_damage(profile: ProfileSettings) -> None:
    """Read the whole of the profile's database; raises StorageError for damage in it."""
    from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
    from ibkr_sync.infrastructure.repositories.local_repo.schema.completeness import (
        refuse_incomplete_schema,
    )

    with _database(profile) as database:
        check_integrity(database)
        refuse_incomplete_schema(database)


@contextmanager
def diagnosis(
    settings: SettingsFacts,
    profile: ProfileSettings | None,
    gateway: ProfileSettings | None,
    notify: NotifySettings | None,
    *,
    clock: Clock = utc_now,
) -> Iterator[DiagnosisService]:
    """What looks for faults: in the database of `profile`, and at the gateway of `gateway`.

    Without settings that can be used these and `notify` are None. Nothing is written, and no lock
    is taken.
    """
    from ibkr_sync.application.services.diagnosis import DiagnosisService, InstallationProbes
    from ibkr_sync.infrastructure import machine
    from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.library_probe import probe_library

    installation = InstallationProbes(
        python=machine.probe_python,
        library=probe_library,
        time_zones=machine.probe_time_zones,
        schedule=lambda: machine.probe_schedules(Path.home()),
    )
    with ExitStack() as stack:
        probes = None
        if profile is not None and gateway is not None and notify is not None:
            probes = _profile_probes(profile, gateway, notify, clock, stack)
        yield DiagnosisService(settings, installation, probes, clock)


def upgrade_schema(profile: ProfileSettings) -> SchemaUpgrade:
    """Bring the profile's database to the schema this version needs; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade

    with _database(profile) as database:
        return upgrade(database)


def replay_gateway(
    recording: Path | None, *, port: int = 0, clock: Clock = utc_now
) -> AbstractContextManager[ReplayGateway]:
    """A gateway on loopback that answers from a recording, or from sample data if None.

    Port 0 takes a free one. Raises SourceFileError for a recording that can't be read.
    """
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.recording import read_recording
    from ibkr_sync.infrastructure.replay.sample import sample_recording
    from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway

    if recording:
        known = read_recording(recording)
    else:
        known = sample_recording(clock().date(), HolidayCalendar())
    return ReplayGateway(known, port=port, now=clock)


def sample_week(now: datetime) -> SampleWeek:
    """The last seven nights before a UTC instant, with a gateway for each that knows the sample."""
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.sample.week import SampleWeek

    return SampleWeek(now, HolidayCalendar())


def discard_sample(profile: ProfileSettings) -> bool:
    """Delete the profile's database file if it holds sample data (see `discard_sample_file`)."""
    from ibkr_sync.infrastructure.repositories.local_repo.sample_file import discard_sample_file

    with _database(profile) as database:
        return discard_sample_file(database)


class _SourceOnDemand(FuturePort[F], Generic[F]):
    """A source that is built when it is first asked; what is stored is read without it."""

    def __init__(self, build: Callable[[], FuturePort[F]], local: LocalFuturePort[F]) -> None:
        self._source = cache(build)
        self._local = local

    def get_by_symbol(self, query: FutureQuery) -> F:
        return self._local.get_by_symbol(query)

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
        return self._local.list_products()


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
            gateway, local, entity, _catalogue(profile), clock, origin=origin
        )
    return local


def _local_repository(
    profile: ProfileSettings, entity: type[F], database: Database, clock: Clock
) -> LocalFuturePort[F]:
    from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository

    return LocalFutureRepository(
        database,
        entity,
        _catalogue(profile),
        clock,
        takes_sample_data=not _is_default(database),
        deliveries=_delivery_book,
        keep_raw_replies=profile.keep_raw_replies,
    )


@cache
def _delivery_book() -> DeliveryBook:
    """The rules that ship with the package; calendar and rules are loaded with the first date."""
    from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
    from ibkr_sync.catalogue.exchanges import exchange_facts
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.infrastructure.calendars import HolidayCalendar

    markets = {fact.exchange: fact.calendar for fact in exchange_facts().values()}
    known = {exchange: market for exchange, market in markets.items() if market}
    return DeliveryBook(load_delivery_rules(), known, HolidayCalendar())


def _is_default(database: Database) -> bool:
    """Whether it is the default database, by whatever path it was named."""
    default = config_folders().data / DATABASE_FILE
    if database.path is None:
        return False
    try:
        return database.path.samefile(default)  # by a hard link too
    except OSError:  # one of them is not there yet, or is a loop of links
        return database.path == Path(os.path.realpath(default))


def _hours_reader() -> SentHoursReader:
    from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import (
        IbkrHoursReader,
    )

    return IbkrHoursReader()


def _pins(database: Database, clock: Clock) -> PinPort:
    from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins

    return LocalPins(database, clock)


def _catalogue(profile: ProfileSettings) -> Catalogue:
    """The bundled catalogue with the user's own products."""
    return load_catalogue().extended(_own_product(entry) for entry in profile.catalogue)


def _own_product(entry: CatalogueSettings) -> CatalogueProduct:
    values = entry.model_dump() | {"trading_class": entry.trading_class or entry.symbol}
    return CatalogueProduct(**values, sources=("config",))


def _database(profile: ProfileSettings) -> Database:
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

    file = profile.database_file
    # Only our own folder is created: a mistyped --database must not make folders elsewhere.
    is_ours = file is not None and file.parent == config_folders().data
    return Database(profile.database, create_directory=is_ours)


def _gateway(
    profile: ProfileSettings,
    clock: Clock,
    stack: ExitStack,
    replaying_at: tuple[str, int] | None,
) -> Gateway:
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway

    return stack.enter_context(
        Gateway(_gateway_parameters(profile, clock, stack, replaying_at), clock)
    )


def _gateway_parameters(
    profile: ProfileSettings,
    clock: Clock,
    stack: ExitStack,
    replaying_at: tuple[str, int] | None = None,
) -> GatewayParameters:
    """Where the profile's gateway listens; one that replays does so until the stack is closed."""
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
        GatewayParameters,
    )

    settings = profile.gateway.model_dump()
    if profile.replay is not None:
        if replaying_at is None:
            replaying = stack.enter_context(replay_gateway(None, clock=clock))
            replaying_at = replaying.host, replaying.port
        settings |= dict(zip(("host", "port"), replaying_at, strict=True))
    return GatewayParameters(**settings)


def _profile_probes(
    profile: ProfileSettings,
    gateway: ProfileSettings,
    notify: NotifySettings,
    clock: Clock,
    stack: ExitStack,
) -> ProfileProbes:
    from ibkr_sync.application.services.diagnosis import ProfileProbes
    from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.gateway_probe import GatewayProbe
    from ibkr_sync.infrastructure.repositories.local_repo.database_probe import DatabaseProbe

    def probe_gateway() -> GatewayFacts:
        parameters = _gateway_parameters(gateway, clock, stack)
        return GatewayProbe(parameters, _catalogue(gateway), clock).facts()

    database = DatabaseProbe(partial(_database, profile), clock)
    return ProfileProbes(
        database=database.facts,
        lock=database.lock,
        gateway=probe_gateway,
        notifiers=partial(_notifier_facts, notify),
        keep_raw_replies=profile.keep_raw_replies,
    )


def _notifier_facts(settings: NotifySettings) -> NotifierFacts:
    from ibkr_sync.domain.database_url import mask_url
    from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts
    from ibkr_sync.infrastructure.notifying.program_probe import obstacle_to

    program = settings.command[0] if settings.command else None
    return NotifierFacts(
        heartbeat=mask_url(settings.ping_url) if settings.ping_url else None,
        program=program,
        obstacle=obstacle_to(program) if program else None,
    )
