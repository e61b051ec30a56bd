"""Thirty nights of a refresh that lives through all that goes wrong end in exactly the truth."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes.clock import FakeClock
from gateway.server import ScriptedGateway
from ibkr_sync.bootstrap import Services, bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import GatewayError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import RunKind, SyncPolicy
from integration.month.market import Market
from integration.month.nights import CALENDAR, CRUDE_SPRING, NIGHTS, Night

START = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


class Month:
    """The month as it goes by, and what was in the database after each night."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.clock = FakeClock(START)
        self.market = Market()
        self.snapshots: dict[int, dict[int, Future]] = {}
        self.failures: dict[int, dict[str, str]] = {}
        self.ended: dict[int, str] = {}

    def live(self) -> None:
        for number in range(NIGHTS):
            self.clock.now = START + timedelta(days=number)
            night = CALENDAR.get(number, Night())
            night.market(self.market)
            if night.is_run:
                with self.gateway(night) as port:
                    self.refresh(number, night, port)

    @contextmanager
    def gateway(self, night: Night) -> Iterator[int]:
        recording = self.market.recording(self.clock.now.date())
        with ExitStack() as stack:
            if not night.has_gateway:
                yield closed_port()
                return
            replay = ScriptedGateway(recording, faults=night.faults, now=self.clock)
            yield stack.enter_context(replay).port

    @contextmanager
    def services(self, port: int = 1) -> Iterator[Services[Future]]:
        settings = GatewaySettings(port=port, idle_timeout=5, messages_per_second=49)
        profile = ProfileSettings(
            source="ibkr", replay=None, database=self.database, gateway=settings
        )
        with bootstrap(profile, Future, clock=self.clock) as services:
            yield services

    def refresh(self, number: int, night: Night, port: int) -> None:
        policy = SyncPolicy(kind=RunKind.REFRESH, allow_shrink=night.allow_shrink)
        with self.services(port) as services:
            try:
                outcomes = list(services.futures.get_many(self.meant(services), policy))
            except GatewayError as error:
                self.ended[number] = type(error).__name__
                outcomes = []
            self.failures[number] = {
                each.query.symbol: type(each.error).__name__
                for each in outcomes
                if isinstance(each, FutureFailure)
            }
        with self.services() as services:
            self.snapshots[number] = dict(stored(services))

    def meant(self, services: Services[Future]) -> tuple[FutureQuery, ...]:
        known = services.watchlist.selection(())
        return known or tuple(
            exactly(*each.key, currency=each.currency) for each in self.market.products.values()
        )


def exactly(
    symbol: str, exchange: str, trading_class: str, currency: str | None = None
) -> FutureQuery:
    return FutureQuery(
        symbol=symbol, exchange=exchange, trading_class=trading_class, currency=currency
    )


def stored(services: Services[Future]) -> Iterator[tuple[int, Future]]:
    """Each stored product by the conId of its first contract, as far as history keeps it."""
    for summary in services.futures.list_products():
        product = services.futures.show(exactly(*summary.key))
        yield min(each.con_id for each in product.contracts), kept(product)


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
    chain = tuple(dataclasses.replace(each, **unkept) for each in product.contracts)
    return dataclasses.replace(product, contracts=chain)


def everything(product: Future) -> dict[str, Any]:
    return {"type": type(product), **dataclasses.asdict(product)}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.faults)]
)
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    if request.param == "postgres":
        database = request.getfixturevalue("module_postgres_url")
    else:
        database = str(tmp_path_factory.mktemp("month") / "futures.db")
    month = Month(database)
    month.live()
    return month


def refused(number: int) -> dict[str, str]:
    return CALENDAR.get(number, Night()).failing


def test_each_night_fails_where_it_must_and_nowhere_else(month: Month) -> None:
    assert month.failures == {number: refused(number) for number in RUN_NIGHTS}
    assert month.ended == {
        number: night.ended_by for number, night in CALENDAR.items() if night.ended_by
    }


def test_the_month_ends_with_exactly_the_events_that_happened(month: Month) -> None:
    with month.services() as services:
        events = services.history.changes(START - timedelta(days=1), month.clock.now)
    found = [
        (
            *(each.at, each.type.value, each.severity.value),
            *(each.local_symbol or each.product.symbol, each.field, each.old, each.new),
            each.run,
        )
        for each in events
    ]
    assert sorted(found, key=str) == sorted(EVENTS, key=str)


def test_the_month_ends_with_every_contract_in_its_state(month: Month) -> None:
    states = {
        each.con_id: each.state(month.clock.now)
        for product in month.snapshots[NIGHTS - 1].values()
        for each in product.contracts
    }
    expired = {600000001, 610000001, 620000001, 700, 900}
    gone = dict.fromkeys(CRUDE_SPRING, ContractState.DELISTED)
    gone |= dict.fromkeys(expired, ContractState.EXPIRED)
    assert {con_id: s for con_id, s in states.items() if s is not ContractState.ACTIVE} == gone
    assert len(states) == 5 + 2 + 2 + 3 + 5 + 13


def test_every_night_can_be_rebuilt_exactly_as_it_stood(month: Month) -> None:
    last = month.snapshots[NIGHTS - 1]
    with month.services() as services:
        for number, then in month.snapshots.items():
            for first_con_id, product in then.items():
                at = START + timedelta(days=number)
                past = services.history.as_of(last[first_con_id].key, at)
                assert everything(past) == everything(product), (number, product.key)


def test_a_night_that_fails_leaves_the_product_as_it_was(month: Month) -> None:
    for number in RUN_NIGHTS:
        before = month.snapshots.get(number - 1)
        if before is None:
            continue
        is_lost = number in month.ended
        for first_con_id, product in month.snapshots[number].items():
            if is_lost or product.symbol in refused(number):
                assert everything(product) == everything(before[first_con_id])
            else:
                assert product.synced_at == START + timedelta(days=number)


@pytest.mark.parametrize(
    ("former", "today"),
    [
        (("GBL", "EUREX", "FGBL"), ("BUND", "EUREX", "FBND")),
        (("KC", "NYBOT", "KC"), ("KC", "ICEUS", "KC")),
    ],
)
def test_a_renamed_product_is_found_by_its_former_name(
    month: Month, former: tuple[str, str, str], today: tuple[str, str, str]
) -> None:
    with month.services() as services:
        assert services.futures.show(exactly(*former)).key == today
        found = services.futures.names.resolve(f"{former[0]}@{former[1]}")
    assert found.product == today


def test_every_run_is_recorded_with_how_it_ended(month: Month) -> None:
    with month.services() as services:
        runs = services.runs.last_runs(100)
    outcomes = {
        number: "failed"
        if number in month.ended or number == NIGHT_WITHOUT_IBKR
        else ("partial" if refused(number) else "ok")
        for number in RUN_NIGHTS
    }
    recorded = sorted(runs, key=lambda each: each.run_id)
    assert [each.outcome.value for each in recorded] == list(outcomes.values())
    assert {each.kind for each in recorded} == {RunKind.REFRESH}


def night(number: int) -> datetime:
    return START + timedelta(days=number)


def run(number: int) -> int:
    """The runs count from 1, and one night there was none."""
    return number + 1 if number < SKIPPED else number


SKIPPED = 21
NIGHT_WITHOUT_IBKR = 4
RUN_NIGHTS = [number for number in range(NIGHTS) if number != SKIPPED]

MOVED = ("2026-12-18", "2026-12-17")

EVENTS = [
    *(
        (night(0), "NEW", "info", symbol, "product", None, count, 1)
        for symbol, count in (
            *(("ES", "4"), ("DAX", "2"), ("DAX", "2")),
            *(("BUND", "3"), ("KC", "5"), ("CL", "12")),
        )
    ),
    *(
        (night(number), kind, severity, who, field, old, new, run(number))
        for number, kind, severity, who, field, old, new in (
            (3, "NEW", "info", "ESZ7", "listing", None, "listed"),
            (6, "MISSING", "notice", "KCZ7", "listing", "listed", "missing"),
            (7, "DELISTED", "critical", "KCZ7", "listing", "missing", "delisted"),
            (8, "MISSING", "notice", "FGBLM7", "listing", "listed", "missing"),
            (9, "RETURNED", "notice", "FGBLM7", "listing", "missing", "listed"),
            (10, "MULTIPLIER_CHANGED", "critical", "DAX", "multiplier", "25", "20"),
            (11, "RETURNED", "notice", "KCZ7", "listing", "delisted", "listed"),
            (12, "SYMBOL_RENAMED", "critical", "BUND", "symbol", "GBL", "BUND"),
            (12, "CLASS_CHANGED", "notice", "BUND", "trading_class", "FGBL", "FBND"),
            (15, "EXCHANGE_RENAMED", "critical", "KC", "exchange", "NYBOT", "ICEUS"),
            (16, "EXPIRY_MOVED", "critical", "ES2612", "last_trade_date", *MOVED),
            (17, "TICK_CHANGED", "critical", "CL", "min_tick", "0.01", "0.005"),
            (20, "ZONE_CHANGED", "critical", "DAX", "time_zone", "Europe/Berlin", "Europe/London"),
            (22, "MAGNIFIER_CHANGED", "critical", "KC", "price_magnifier", "100", "1"),
            *(
                (26, "MISSING", "notice", symbol, "listing", "listed", "missing")
                for symbol in ("CLJ7", "CLK7", "CLM7", "CLN7")
            ),
            *(
                (27, "DELISTED", "critical", symbol, "listing", "missing", "delisted")
                for symbol in ("CLJ7", "CLK7", "CLM7", "CLN7")
            ),
            (28, "NEW", "info", "CLZ7", "listing", None, "listed"),
        )
    ),
    (
        *(datetime(2026, 12, 1, 23, tzinfo=UTC), "CUTOFF_NEAR", "critical", "FGBLZ6"),
        *("long_cutoff", None, "2026-12-04", None),
    ),
    *(
        (at, "EXPIRED", "info", symbol, "state", "active", "expired", None)
        for symbol, at in (
            ("FGBLZ6", datetime(2026, 12, 8, 13, 30, tzinfo=UTC)),
            ("ES2612", datetime(2026, 12, 17, 14, 30, tzinfo=UTC)),
            ("FDAX2612", datetime(2026, 12, 18, 14, 30, tzinfo=UTC)),
            ("FDXM2612", datetime(2026, 12, 18, 14, 30, tzinfo=UTC)),
            ("CLZ6", datetime(2026, 12, 21, 19, 30, tzinfo=UTC)),
        )
    ),
]
"""When, what, how grave, who, which field, before, after, and by which run."""
