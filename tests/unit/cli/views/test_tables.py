"""Every table as it looks on a terminal of 80 columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from syrupy.assertion import SnapshotAssertion

from example_products import DECEMBER, ES, NOW
from fakes.hours import sent_hours
from ibkr_sync.application.services.get import GetReport
from ibkr_sync.config.settings_resolution import ResolvedSetting
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
)
from ibkr_sync.domain.entities.futures import (
    AssetClass,
    CommodityFuture,
    Future,
    IndexFuture,
    Origin,
    ProductKey,
    VolatilityFuture,
)
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    GatewayUnreachableError,
    ProductCandidate,
    ProductNotFoundError,
    SchemaBehindError,
    UnreachableReason,
)
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.diagnosis.findings import Check, failed, passed, skipped, warned
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.output import Output, OutputFormat, Result
from ibkr_sync_cli.views.database.facts import facts_view
from ibkr_sync_cli.views.products.product_list import product_list_table, product_list_view
from ibkr_sync_cli.views.products.product_table import product_table
from ibkr_sync_cli.views.runs.diagnosis import diagnosis_view
from ibkr_sync_cli.views.runs.outcomes import outcomes_view
from ibkr_sync_cli.views.settings import settings_view

Draw = Callable[[Result], str]

SEEN = ContractListing(first_seen_at=NOW, last_seen_at=NOW - timedelta(hours=2))
HOURS = sent_hours("20261122:1700-20261123:1600;20261123:1700-20261124:1600")
LONG_NAME = "Dow Jones Euro STOXX Sustainability Select Dividend Index Points"


def contract(
    product: Future, number: int, local_symbol: str, day: date, **changes: object
) -> FuturesContract:
    """A contract of the product that stops trading at 14:30 UTC of that day."""
    known: dict[str, object] = {
        "con_id": 600_000_000 + number,
        "symbol": product.symbol,
        "exchange": product.exchange,
        "trading_class": product.trading_class,
        "currency": product.currency,
        "local_symbol": local_symbol,
        "last_trade_date": day,
        "last_trade_at": datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC),
        "contract_month": ContractMonth(day.year, day.month),
        "real_expiration_date": day,
        "multiplier": product.multiplier,
        "min_tick": product.min_tick,
        "price_magnifier": product.price_magnifier,
        "time_zone": product.time_zone,
        "listing": SEEN,
    }
    return dataclasses.replace(DECEMBER, **{**known, **changes})  # type: ignore[arg-type]


def of(product: Future, *contracts: tuple[object, ...], **changes: object) -> Future:
    chain = tuple(contract(product, *other, **changes) for other in contracts)  # type: ignore[arg-type]
    return dataclasses.replace(product, contracts=chain)


INDEX = dataclasses.replace(ES, contracts=(), synced_at=NOW - timedelta(hours=2))
ES_CHAIN = of(
    INDEX, (1, "ESZ6", date(2026, 12, 18)), (2, "ESH7", date(2027, 3, 19)), schedule=HOURS
)
DAX = IndexFuture(
    symbol="DAX",
    exchange="EUREX",
    trading_class="FDAX",
    currency="EUR",
    name="DAX 40 Index",
    multiplier=Decimal(25),
    price_magnifier=1,
    min_tick=Decimal(1),
    time_zone="Europe/Berlin",
    origin=Origin.SAMPLE,
    synced_at=NOW,
)
DAX_CHAIN = of(
    DAX,
    (3, "FDAX 20261218 M", date(2026, 12, 18)),
    (4, "FDAX 20270319 M", date(2027, 3, 19)),
    (5, "FDAX 20290921 M", date(2029, 9, 21)),
    schedule=sent_hours("20261123:0110-20261123:2200", time_zone_id="MET", zone="Europe/Berlin"),
)
VIX = VolatilityFuture(
    symbol="VIX",
    exchange="CFE",
    trading_class="VX",
    currency="USD",
    name="CBOE Volatility Index",
    multiplier=Decimal(1000),
    price_magnifier=1,
    min_tick=Decimal("0.05"),
    time_zone="America/Chicago",
    synced_at=NOW - timedelta(days=3),
)
VIX_CHAIN = dataclasses.replace(
    VIX,
    contracts=(
        contract(VIX, 6, "VX48X6", date(2026, 11, 24), series=ContractSeries.WEEKLY),
        contract(VIX, 7, "VXZ6", date(2026, 12, 16)),
        contract(VIX, 8, "VX52Z6", date(2026, 12, 23), series=ContractSeries.WEEKLY),
    ),
)
CORN = CommodityFuture(
    symbol="ZC",
    exchange="CBOT",
    trading_class="ZC",
    currency="USD",
    name="Corn Futures",
    multiplier=Decimal(5000),
    price_magnifier=100,
    min_tick=Decimal("0.0025"),
    time_zone="America/Chicago",
    synced_at=NOW - timedelta(minutes=5),
)
CORN_CHAIN = dataclasses.replace(
    CORN,
    contracts=(
        contract(CORN, 9, "ZC   SEP 26", date(2026, 9, 14)),
        contract(
            CORN,
            14,
            "ZC   NOV 26",
            date(2026, 11, 27),
            listing=dataclasses.replace(SEEN, missing_since=NOW, delisted_at=NOW),
        ),
        contract(CORN, 10, "ZC   DEC 26", date(2026, 12, 14)),
        contract(
            CORN,
            11,
            "ZC   MAR 27",
            date(2027, 3, 12),
            listing=dataclasses.replace(SEEN, missing_since=NOW),
        ),
        contract(
            CORN,
            12,
            "ZC   MAY 27",
            date(2027, 5, 14),
            listing=dataclasses.replace(SEEN, missing_since=NOW, delisted_at=NOW),
        ),
        contract(CORN, 13, "ZC   JUL 27", date(2027, 7, 14), last_trade_at=None, multiplier=None),
    ),
)
CATALOGUE_ONLY = dataclasses.replace(INDEX, origin=Origin.CATALOGUE, synced_at=None)


def result(table: object) -> Result:
    """A result of which only the table is asked for."""
    return Result(
        table=lambda: table,  # type: ignore[return-value, arg-type]
        document=dict,
        records=list,
        columns=(),
        rows=list,
    )


@pytest.fixture
def draw(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draw a result as a terminal of 80 columns shows it; nothing may be cut off or wider."""
    monkeypatch.setenv("COLUMNS", "80")

    def drawn(result: Result) -> str:
        Output().write(result, OutputFormat.TABLE)
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert max(map(len, lines)) <= 80
        return "\n".join(lines)

    return drawn


@pytest.mark.parametrize(
    ("product", "selection"),
    [
        (ES_CHAIN, ChainSelection()),
        (DAX_CHAIN, ChainSelection()),
        (VIX_CHAIN, ChainSelection(series=SeriesChoice.ALL)),
        (VIX_CHAIN, ChainSelection()),
        (CORN_CHAIN, ChainSelection()),
        (CORN_CHAIN, ChainSelection(expired=True)),
        (CATALOGUE_ONLY, ChainSelection()),
    ],
    ids=["ES", "DAX", "VIX all", "VIX", "ZC", "ZC expired", "catalogue"],
)
def test_a_product_fits(
    draw: Draw, snapshot: SnapshotAssertion, product: Future, selection: ChainSelection
) -> None:
    table = draw(result(product_table(product, NOW, selection)))

    assert "…" not in table
    assert table == snapshot


def test_a_list_fits(draw: Draw, snapshot: SnapshotAssertion) -> None:
    def summary(symbol: str, exchange: str, **changes: object) -> ProductSummary:
        known = ProductSummary(
            key=ProductKey(symbol, exchange, symbol),
            asset_class=AssetClass.INDEX,
            category=None,
            currency="USD",
            name=LONG_NAME,
            origin=Origin.IBKR,
            listed=21,
            next_expiry=date(2026, 12, 18),
            synced_at=NOW - timedelta(hours=2),
        )
        return dataclasses.replace(known, **changes)  # type: ignore[arg-type]

    listed = (
        summary("ES", "CME", name="E-mini S&P 500"),
        summary("ESTX50", "EUREX", asset_class=AssetClass.SINGLE_STOCK, listed=1234),
        summary("GBL", "EUREX", asset_class=AssetClass.INTEREST_RATE, origin=Origin.SAMPLE),
        summary("XINA50", "SGX", origin=Origin.CATALOGUE, listed=0, synced_at=None, name=None),
    )
    table = draw(product_list_view(listed, NOW))

    for key in ("ESTX50", "1234", "XINA50", "2026-12-18", "catalogue"):
        assert key in table
    assert table == snapshot


def test_candidates_fit(draw: Draw, snapshot: SnapshotAssertion) -> None:
    def candidate(trading_class: str, multiplier: str, name: str | None) -> ProductCandidate:
        return ProductCandidate(
            key=ProductKey("DAX", "EUREX", trading_class),
            currency="EUR",
            multiplier=Decimal(multiplier),
            name=name,
            next_expiry=date(2026, 12, 18) if name else None,
            contract_count=12 if name else None,
        )

    table = draw(
        result(
            product_list_table(
                [
                    candidate("FDXM", "5", "Mini DAX 40 Index"),
                    candidate("FDAX", "25", LONG_NAME),
                    candidate("FDXS", "0.00000001", None),
                ]
            )
        )
    )

    for key in ("FDAX", "FDXM", "FDXS", "0.00000001", "2026-12-18"):
        assert key in table
    assert table == snapshot


def test_outcomes_fit(draw: Draw, snapshot: SnapshotAssertion) -> None:
    def update(
        product: Future, diff: ChainDiff | None, *, applied: bool = True
    ) -> FutureUpdate[Future]:
        query = FutureQuery(symbol=product.symbol)
        return FutureUpdate(query=query, stored=product, is_new=False, diff=diff, applied=applied)

    def get_report(*outcomes: FutureUpdate[Future] | FutureFailure) -> GetReport:
        return GetReport(
            outcomes=outcomes,
            run_id=1,
            from_source=True,
            contracts=(),
            absent=(),
            has_success=True,
        )

    missing = ProductNotFoundError("N225M", "IBKR")
    table = draw(
        outcomes_view(
            get_report(
                update(ES_CHAIN, ChainDiff(added=ES_CHAIN.contracts)),
                update(DAX_CHAIN, ChainDiff(unchanged=3)),
                update(CORN_CHAIN, ChainDiff(missing=CORN_CHAIN.contracts[:1]), applied=False),
                update(VIX_CHAIN, None),
                FutureFailure(query=FutureQuery(symbol="N225M", exchange="OSE.JPN"), error=missing),
            ),
            NOW,
        )
    )

    assert "…" not in table
    for outcome in ("updated", "unchanged", "planned", "fresh", "failed"):
        assert outcome in table
    assert table == snapshot


def test_settings_fit_and_are_complete(draw: Draw, snapshot: SnapshotAssertion) -> None:
    database = "/home/a-rather-long-user-name/.local/share/ibkr-sync/with/folders/futures.db"
    table = draw(
        settings_view(
            [
                ResolvedSetting(key="profile", value="ibkr", where="IBKR_SYNC_PROFILE"),
                ResolvedSetting(key="database", value=database, where="/etc/config.toml:12"),
                ResolvedSetting(key="gateway.messages_per_second", value="40", where="default"),
                ResolvedSetting(key="log.file", value=None, where="default"),
            ]
        )
    )

    assert "…" not in table
    assert "gateway.messages_per_second" in table
    assert table == snapshot


def test_the_state_of_a_database_fits(draw: Draw, snapshot: SnapshotAssertion) -> None:
    facts: dict[str, str | None] = {
        "profile": "ibkr",
        "database": "postgresql://trader:***@db.example.com:5432/futures?sslmode=verify"
        "-full&sslpassword=***",
        "revision": None,
        "needed": "ibkr_sync_0001",
        "state": "empty",
    }
    table = draw(facts_view("ibkr-sync/db-status/1", facts, facts))

    assert "…" not in table
    assert table == snapshot


def test_a_diagnosis_fits(draw: Draw, snapshot: SnapshotAssertion) -> None:
    database = "/home/a-rather-long-user-name/.local/share/ibkr-sync/with/folders/futures.db"
    found = (
        passed(Check.PYTHON, "CPython 3.11.7, Linux 6.1.0 x86_64"),
        warned(Check.LIBRARY, "9.81.1 of ibapi 9.81.1.post1, ibapi-latest 10.45.1: several own it"),
        passed(Check.SETTINGS, "profile ibkr (--profile); no config file"),
        failed(Check.DATABASE, SchemaBehindError(database, "its schema is older than needed")),
        failed(
            Check.CONNECTION,
            GatewayUnreachableError("gw", 4002, UnreachableReason.REFUSED, "connection refused"),
            "Something listens at 7497 (TWS, paper)",
        ),
        skipped(Check.HANDSHAKE, "not checked"),
    )
    table = draw(diagnosis_view(found, NextCommand(), ExitCode.DATABASE))

    assert "…" not in table
    assert table == snapshot
