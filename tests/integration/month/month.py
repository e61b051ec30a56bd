"""The simulated month as it goes by, and what was known after each night."""

from __future__ import annotations

import dataclasses
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from fakes.clock import FakeClock
from fakes.gateway_rig import SERVER_VERSION
from gateway.faults import ShuffledRows
from gateway.server import ScriptedGateway
from ibkr_sync.bootstrap import Services, bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import TradingSession
from ibkr_sync.domain.errors import GatewayError, IbkrSyncError
from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.hours.product_hours import current_hours
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.interchange.product_document import DocumentScope, product_to_document
from integration.month.market import Market
from integration.month.nights import CALENDAR, NIGHTS, FileKind, Night

START = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
EXPORTED = "Coffee"
USUAL_HOURS = (time(8), time(16))


class Month:
    """The month as it goes by.

    Attributes:
        snapshots: by night, the stored products by the conId of their first contract.
        unusual_days: by night, the days of products' hours that differ from all others.
        failures: by night, the name of the error for each symbol that failed.
        ended: by night, the name of the error that ended the run.
        asked: by night, which products were to be refreshed.
        requests: by night, what the gateway was asked for.
        imports: by night, what came of the import of a file.
        said: by night, the events since the night before.
        remarks: by night, what the refresh remarked.
        runs: which night each refresh was on.
    """

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = FakeClock(START)
        self.market = Market()
        self.snapshots: dict[int, dict[int, Future]] = {}
        self.unusual_days: dict[int, set[tuple[str, date]]] = {}
        self.failures: dict[int, dict[str, str]] = {}
        self.ended: dict[int, str] = {}
        self.asked: dict[int, tuple[FutureQuery, ...]] = {}
        self.requests: dict[int, tuple[ContractDataRequest, ...]] = {}
        self.imports: dict[int, str] = {}
        self.said: dict[int, tuple[Event, ...]] = {}
        self.runs: dict[int, int] = {}
        self.remarks: dict[int, tuple[str, ...]] = {}

    def live(self) -> None:
        since = START
        for number in range(NIGHTS):
            self.clock.now = START + timedelta(days=number)
            night = CALENDAR.get(number, Night())
            for change in night.market:
                change(self.market)
            if not night.is_run:
                continue
            with self.gateway(number, night) as port:
                self.refresh(number, night, port)
            if night.imports is not None:
                self.imports[number] = self.import_file(number, night.imports)
            with self.services() as services:
                products = dict(stored(services))
                self.snapshots[number] = {other: kept(products[other]) for other in products}
                self.unusual_days[number] = {
                    (product.symbol, day)
                    for product in products.values()
                    for day in unusual_days(product, self.clock.now)
                }
                self.said[number] = services.history.changes(since, self.clock.now)
            since = self.clock.now + timedelta(microseconds=1)

    @contextmanager
    def gateway(self, number: int, night: Night) -> Iterator[int]:
        with ExitStack() as stack:
            if not night.has_gateway:
                yield closed_port()
                return
            replay = ScriptedGateway(
                self.market.recording(self.clock.now),
                faults=[ShuffledRows(seed=number), *night.faults],
                now=self.clock,
                server_version=SERVER_VERSION,
            )
            yield stack.enter_context(replay).port
            asked = (
                request for request in replay.requests if isinstance(request, ContractDataRequest)
            )
            self.requests[number] = tuple(asked)

    @contextmanager
    def services(self, port: int = 1, source: str = "ibkr") -> Iterator[Services[Future]]:
        settings = GatewaySettings(port=port, idle_timeout=5, messages_per_second=49)
        profile = ProfileSettings(
            source=source, replay=None, database=self.database, gateway=settings
        )
        with bootstrap(profile, Future, clock=self.clock) as services:
            yield services

    def refresh(self, number: int, night: Night, port: int) -> None:
        policy = SyncPolicy(kind=RunKind.REFRESH, allow_shrink=night.allow_shrink)
        with self.services(port) as services:
            self.asked[number] = self.selection(services, night)
            try:
                outcomes = list(services.futures.get_many(self.asked[number], policy))
            except GatewayError as error:
                self.ended[number] = type(error).__name__
                outcomes = []
            self.failures[number] = {
                outcome.query.symbol: type(outcome.error).__name__
                for outcome in outcomes
                if isinstance(outcome, FutureFailure)
            }
            self.remarks[number] = tuple(
                remark
                for outcome in outcomes
                if isinstance(outcome, FutureUpdate)
                for remark in outcome.remarks
            )
            self.runs[services.runs.last_runs(1)[0].run_id] = number

    def selection(self, services: Services[Future], night: Night) -> tuple[FutureQuery, ...]:
        """What is stored and not closed, and what the user asks for besides.

        On the first night all products, of which E-mini is asked for on any exchange.
        """
        besides = (exactly(*self.market.products[beside].key) for beside in night.asked_besides)
        products = self.market.products.values()
        first = (
            FutureQuery(symbol="ES")
            if product.symbol == "ES"
            else exactly(*product.key, product.currency)
            for product in products
        )
        return (*(services.watchlist.selection(()).products or first), *besides)

    def import_file(self, number: int, kind: FileKind) -> str:
        """Take a file for a source; what came of it."""
        file = self.folder / f"{kind.value}.json"
        if not file.exists():
            document = self.document(number, kind)
            file.write_text(json.dumps(document), encoding="utf-8")
        key = self.market.products[EXPORTED].key
        try:
            with self.services(source=f"file:{file}") as services:
                query = FutureQuery(symbol=key.symbol, exchange=key.exchange)
                (outcome,) = services.futures.get_many([query], SyncPolicy())
        except IbkrSyncError as error:
            return type(error).__name__
        if isinstance(outcome, FutureFailure):
            return type(outcome.error).__name__
        assert outcome.diff is not None
        return "nothing new" if outcome.diff.is_empty else "news"

    def document(self, number: int, kind: FileKind) -> dict[str, object]:
        with self.services() as services:
            product = services.futures.show(exactly(*self.market.products[EXPORTED].key))
        scope = DocumentScope.CHAIN
        if kind is FileKind.NARROWED:
            scope = DocumentScope.SERIES
            product = dataclasses.replace(product, contracts=product.contracts[:1])
        elif kind is FileKind.OTHER_CLASS:
            chain = tuple(
                dataclasses.replace(contract, trading_class="KCX") for contract in product.contracts
            )
            long_ago = START + timedelta(days=number - 100)
            product = dataclasses.replace(
                product, trading_class="KCX", contracts=chain, synced_at=long_ago
            )
        return product_to_document(product, self.clock.now, scope, None)


def exactly(
    symbol: str, exchange: str, trading_class: str, currency: str | None = None
) -> FutureQuery:
    return FutureQuery(
        symbol=symbol, exchange=exchange, trading_class=trading_class, currency=currency
    )


def stored(services: Services[Future]) -> Iterator[tuple[int, Future]]:
    """Each stored product by the conId of its first contract."""
    for summary in services.futures.list_products():
        product = services.futures.show(exactly(*summary.key))
        yield min(contract.con_id for contract in product.contracts), product


def unusual_days(product: Future, now: datetime) -> Iterator[date]:
    """The days of which it is not said that the product trades in its usual hours."""
    for day, spoken in current_hours(product, now).items():
        opens, closes = (
            datetime.combine(day, hours, spoken.zone).astimezone(UTC) for hours in USUAL_HOURS
        )
        if spoken.entries != (TradingSession(opens_at=opens, closes_at=closes),):
            yield day


def kept(product: Future) -> Future:
    """The product without what has no history."""
    unkept: dict[str, Any] = {
        "order_types": (),
        "last_trade_text": None,
        "schedule": None,
        "min_size": None,
        "size_increment": None,
        "suggested_size_increment": None,
    }
    chain = tuple(dataclasses.replace(contract, **unkept) for contract in product.contracts)
    return dataclasses.replace(product, contracts=chain, absent_since=None)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
