"""What a profile offers, each service built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from ibkr_sync.domain.entities.futures import Future

if TYPE_CHECKING:
    from ibkr_sync.application.looking.calendar import CalendarService
    from ibkr_sync.application.looking.dated_products import DatedProductsService
    from ibkr_sync.application.looking.overview_service import OverviewService
    from ibkr_sync.application.services.deliveries.audit import AuditService
    from ibkr_sync.application.services.deliveries.delivery import DeliveryService
    from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImportService
    from ibkr_sync.application.services.export import ExportService
    from ibkr_sync.application.services.freshness import FreshnessService
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.application.services.get import GetService
    from ibkr_sync.application.services.history import HistoryService
    from ibkr_sync.application.services.kept_replies.raw_replies import RawReplyService
    from ibkr_sync.application.services.kept_replies.recording import RecordingService
    from ibkr_sync.application.services.kept_replies.renormalising import RenormalisingService
    from ibkr_sync.application.services.past_hours import PastHoursService
    from ibkr_sync.application.services.refresh import RefreshService
    from ibkr_sync.application.services.watching.watchlist import WatchlistService
    from ibkr_sync.bootstrap.clock import Clock
    from ibkr_sync.catalogue import Catalogue
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.ports.runs import RunsPort
    from ibkr_sync.domain.ports.sent_hours import SentHoursReader
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

F = TypeVar("F", bound=Future)
T = TypeVar("T")
P = ParamSpec("P")


class Services(Generic[F]):
    """What a profile offers; what few commands need is built when it is first asked for."""

    def __init__(
        self,
        futures: FuturesService[F],
        database: Database,
        catalogue: Catalogue,
        clock: Clock,
        *,
        delivery_book: Callable[[], DeliveryBook],
        asks_source: bool,
    ) -> None:
        self.futures = futures
        self.database = database
        self.delivery_book = delivery_book
        self._catalogue = catalogue
        self._clock = clock
        self._asks_source = asks_source

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read inside see one state of the database; a write ends that state."""
        return self.database.snapshot()

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

        return PastHoursService(LocalKeptHours(self.database), hours_reader())

    @cached_property
    def raw_replies(self) -> RawReplyService:
        """What the raw replies take that are kept, and the whole database."""
        from ibkr_sync.application.services.kept_replies.raw_replies import RawReplyService
        from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies

        return RawReplyService(LocalRawReplies(self.database, self._clock))

    @cached_property
    def renormalising(self) -> RenormalisingService:
        """Reading the raw replies again that are kept."""
        from ibkr_sync.application.services.kept_replies.renormalising import RenormalisingService
        from ibkr_sync.infrastructure.repositories.ibkr_repo.raw_reply_reader import IbkrReplyReader
        from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies

        replies = LocalRawReplies(self.database, self._clock, self.delivery_book)
        return RenormalisingService(replies, IbkrReplyReader(self._catalogue))

    @cached_property
    def recording(self) -> RecordingService:
        """Saving the raw replies that are kept as recordings."""
        from ibkr_sync.application.services.kept_replies.recording import RecordingService
        from ibkr_sync.infrastructure.replay.reply_recorder import ReplyRecorder
        from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_rows import (
            ProtobufRowReader,
        )
        from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies

        replies = LocalRawReplies(self.database, self._clock)
        recorder = partial(ReplyRecorder, ProtobufRowReader())
        return RecordingService(replies, self.runs, self.futures.market_rules, recorder)

    @cached_property
    def history(self) -> HistoryService:
        """What changed, and what was known in the past."""
        from ibkr_sync.application.services.history import HistoryService
        from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import (
            LocalHistory,
        )

        return HistoryService(LocalHistory(self.database), self.deliveries)

    @cached_property
    def watchlist(self) -> WatchlistService:
        """The products that the user wants kept up to date."""
        from ibkr_sync.application.services.watching.watchlist import WatchlistService
        from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist

        return WatchlistService(LocalWatchlist(self.database, self._clock), self.futures)

    @cached_property
    def deliveries(self) -> DeliveryService:
        """Until when contracts may be held."""
        from ibkr_sync.application.services.deliveries.delivery import DeliveryService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self.database, self.delivery_book, self._clock)
        return DeliveryService(self.delivery_book(), stored, self._clock)

    @cached_property
    def dated_products(self) -> DatedProductsService:
        """Products as they are or were known, and the nearest contract that may be held."""
        from ibkr_sync.application.looking.dated_products import DatedProductsService

        return DatedProductsService(self.futures, lambda: self.history, self.deliveries)

    @cached_property
    def calendar(self) -> CalendarService:
        """What ends and what gives notice."""
        from ibkr_sync.application.looking.calendar import CalendarService

        return CalendarService(self.deliveries, self.watchlist)

    @cached_property
    def delivery_import(self) -> DeliveryImportService:
        """Dates of deliveries that the user got elsewhere."""
        from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImportService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self.database, self.delivery_book, self._clock)
        return DeliveryImportService(stored, self._catalogue, self.delivery_book())

    @cached_property
    def audit(self) -> AuditService:
        """What contradicts what in the stored data."""
        from ibkr_sync.application.services.deliveries.audit import AuditService
        from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries

        stored = LocalDeliveries(self.database, self.delivery_book, self._clock)
        return AuditService(self.futures, self._catalogue, self.delivery_book(), stored)

    @cached_property
    def export(self) -> ExportService:
        """What is stored, for files that other systems read."""
        from ibkr_sync.application.services.export import ExportService
        from ibkr_sync.catalogue.product_facts import product_facts

        return ExportService(
            self.futures, self.history, self.deliveries, self._catalogue, product_facts
        )

    @cached_property
    def runs(self) -> RunsPort:
        """The runs that were recorded."""
        from ibkr_sync.infrastructure.repositories.local_repo.runs.local_runs import LocalRuns

        return LocalRuns(self.database)

    @cached_property
    def freshness(self) -> FreshnessService:
        """Whether what is to be kept up to date is."""
        from ibkr_sync.application.services.freshness import FreshnessService

        return FreshnessService(self.watchlist, self.futures, self.runs)

    @cached_property
    def overview(self) -> OverviewService:
        """All that is stored at a glance."""
        from ibkr_sync.application.looking.overview_service import OverviewService

        return OverviewService(self.futures, self.history, self.freshness, self.deliveries)


def delivery_book() -> DeliveryBook:
    """The rules that ship with the package; calendar and rules are loaded with the first date."""
    from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
    from ibkr_sync.catalogue.exchanges import exchange_facts
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.infrastructure.calendars import HolidayCalendar

    markets = {fact.exchange: fact.calendar for fact in exchange_facts().values()}
    known = {exchange: market for exchange, market in markets.items() if market}
    return DeliveryBook(load_delivery_rules(), known, HolidayCalendar())


def hours_reader() -> SentHoursReader:
    """What reads hours that were stored as IBKR sent them."""
    from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import (
        IbkrHoursReader,
    )

    return IbkrHoursReader()
