"""What was recorded of a product on several days, in order of date, gives true events only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from fakes.clock import FakeClock
from fakes.gateway_rig import SERVER_VERSION, Serve
from fakes.protocol_versions import PROTOBUF_ROWS
from ibkr_sync.bootstrap import Services, bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from recorded_contracts import RECORDED_CONTRACTS
from recorded_rows import RECORDED_ROWS


class RecordedNights:
    """A database, and a gateway a night that has what was recorded on that day."""

    def __init__(self, file: Path, serve: Serve, symbol: str) -> None:
        self._file = file
        self._serve = serve
        self._query = FutureQuery(symbol=symbol)
        self.clock = FakeClock(datetime(2000, 1, 1, tzinfo=UTC))

    @contextmanager
    def services(self, port: int = 1) -> Iterator[Services[Future]]:
        gateway = GatewaySettings(port=port, idle_timeout=5, messages_per_second=49)
        profile = ProfileSettings(
            source="ibkr", replay=None, database=str(self._file), gateway=gateway
        )
        with bootstrap(profile, Future, clock=self.clock) as services:
            yield services

    def night(self, day: str, rows: Iterable[ContractRow]) -> str | None:
        """Ask for all that is recorded, ended contracts included; gives what it fails with."""
        self.clock.now = noon(day)
        replay = self._serve(recording=Recording(contracts=tuple(rows)), now=self.clock)
        with self.services(replay.port) as services:
            policy = SyncPolicy(include_expired=True)
            (outcome,) = services.futures.get_many([self._query], policy)
        return type(outcome.error).__name__ if isinstance(outcome, FutureFailure) else None

    def news(self, since: str) -> list[News]:
        """What happened after the night of a day, in no order."""
        begin = noon(since) + timedelta(seconds=1)
        with self.services() as services:
            return sorted(map(_news, services.history.changes(begin, self.clock.now)), key=str)


def noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def _news(event: Event) -> News:
    who = event.local_symbol or event.product.symbol
    return event.type.value, event.severity.value, who, event.field, event.old, event.new


def recorded_on(symbol: str, day: str) -> list[ContractRow]:
    return [
        other.row
        for other in RECORDED_ROWS
        if (other.sent["symbol"], other.captured) == (symbol, day)
    ]


def named(symbol: str, exchange: str) -> list[ContractRow]:
    """The contracts of which little more than the names was recorded; it is not known when."""
    return [
        contract.row
        for contract in RECORDED_CONTRACTS
        if (contract.key.symbol, contract.recorded_on) == (symbol, exchange) and contract.last_trade
    ]


def new(names: str) -> list[News]:
    return [("NEW", "info", name, "listing", None, "listed") for name in names.split()]


def expired(names: str) -> list[News]:
    return [("EXPIRED", "info", name, "state", "active", "expired") for name in names.split()]


def learnt(who: str, **values: str) -> list[News]:
    """What was not known of a product or contract before; it is at most worth a notice."""
    return [(*LEARNT[field], who, field, None, value) for field, value in values.items()]


News: TypeAlias = tuple[str, str, str, str, str | None, str | None]
"""Type, severity, who, which field, before, after."""

LEARNT = {
    "name": ("NAME_CHANGED", "info"),
    "long_name": ("NAME_CHANGED", "info"),
    "market_name": ("NAME_CHANGED", "info"),
    "underlying": ("UNDERLYING_CHANGED", "info"),
    "underlying_con_id": ("UNDERLYING_CHANGED", "info"),
    "underlying_symbol": ("UNDERLYING_CHANGED", "info"),
    "underlying_sec_type": ("UNDERLYING_CHANGED", "info"),
    "venues": ("VENUES_CHANGED", "info"),
    "time_zone": ("ZONE_CHANGED", "notice"),
    "min_tick": ("TICK_CHANGED", "notice"),
    "price_magnifier": ("MAGNIFIER_CHANGED", "notice"),
    "last_trade_at": ("EXPIRY_MOVED", "notice"),
    "real_expiration_date": ("FIELD_CHANGED", "info"),
}

OF_ES = {
    "market_name": "ES",
    "underlying_con_id": "11004968",
    "underlying_symbol": "ES",
    "underlying_sec_type": "IND",
    "venues": "CME:67,QBALGO:67",
}

SETTLEMENT = (
    *("DELIVERY_CHANGED", "info", "ESZ6", "settlement"),
    "cash (B, rule: CME indices rates and crypto in cash, learnt 2026-11-30)",
    "cash (A, IBKR, learnt 2026-08-28)",
)
"""How a contract settles is said in protobuf alone; until then a rule is believed."""


def test_a_chain_of_which_the_names_were_known_is_learnt_and_grows_and_expires(
    tmp_path: Path, serve: Serve
) -> None:
    nights = RecordedNights(tmp_path / "futures.db", serve, "ES")
    before = "2023-12-01"
    assert nights.night(before, named("ES", "CME")) is None
    assert nights.news("2000-01-01") == [("NEW", "info", "ES", "product", None, "4")]

    spring = "2025-03-27"
    assert nights.night(spring, recorded_on("ES", spring)) is None
    assert nights.news(before) == in_order(
        expired("ESZ3 ESZ4"),
        learnt(
            "ES",
            name="E-mini S&P 500",
            underlying="ES IND 11004968",
            time_zone="America/Chicago",
            min_tick="0.25",
            price_magnifier="1",
            **OF_ES,  # alike of both contracts that were known and live
        ),
        learnt(
            "ESU5",
            last_trade_at="2025-09-19T13:30:00+00:00",
            real_expiration_date="2025-09-19",
        ),
        learnt(
            "ESZ5",
            last_trade_at="2025-12-19T14:30:00+00:00",
            real_expiration_date="2025-12-19",
        ),
        new("ESM5 ESH6 ESM6 ESU6 ESZ6 ESH7 ESM7 ESU7 ESZ7 ESH8 ESM8 ESU8 ESZ8 ESH9 ESM9"),
        new("ESU9 ESZ9 ESH0"),
    )

    autumn = "2025-12-16"  # ended contracts came without zone, hours and time
    assert nights.night(autumn, recorded_on("ES", autumn)) is None
    assert nights.news(spring) == in_order(
        expired("ESM5 ESU5"),
        new("ESU0 ESZ0"),
        learnt(
            "ESZ4",
            real_expiration_date="2024-12-20",
            min_tick="0.25",
            price_magnifier="1",
            long_name="E-mini S&P 500",
            time_zone="America/Chicago",
            **OF_ES,
        ),
    )

    summer = "2026-08-28"
    alone = recorded_on("ES", summer)
    assert nights.night(summer, alone) == "ShrinkRefusedError"
    assert nights.news(autumn) == in_order(expired("ESZ5 ESH6 ESM6"))
    with_others = {row.con_id: row for row in (*recorded_on("ES", autumn), *alone)}
    assert nights.night(summer, with_others.values()) is None
    settlement = [SETTLEMENT] if SERVER_VERSION >= PROTOBUF_ROWS else []
    assert nights.news(autumn) == in_order(expired("ESZ5 ESH6 ESM6"), settlement)


def test_a_chain_that_begins_with_one_contract_grows_by_the_living_ones(
    tmp_path: Path, serve: Serve
) -> None:
    nights = RecordedNights(tmp_path / "futures.db", serve, "NQ")
    spring, autumn = "2024-03-04", "2025-10-05"
    assert nights.night(spring, recorded_on("NQ", spring)) is None
    assert nights.news("2000-01-01") == [("NEW", "info", "NQ", "product", None, "1")]
    assert nights.night(autumn, recorded_on("NQ", autumn)) is None
    assert nights.news(spring) == in_order(
        expired("NQH4"),  # the others that ended were never seen alive
        new("NQZ5 NQH6 NQM6 NQU6 NQZ6 NQH7 NQZ7 NQZ8 NQZ9 NQZ0"),
    )


@pytest.mark.parametrize(
    ("symbol", "day"), [("ES", "2025-03-27"), ("ES", "2025-12-16"), ("GC", "2025-12-16")]
)
def test_the_same_recording_on_the_next_night_says_nothing_new(
    symbol: str, day: str, tmp_path: Path, serve: Serve
) -> None:
    nights = RecordedNights(tmp_path / "futures.db", serve, symbol)
    assert nights.night(day, recorded_on(symbol, day)) is None
    next_day = (noon(day) + timedelta(days=1)).date().isoformat()
    assert nights.night(next_day, reversed(recorded_on(symbol, day))) is None
    assert nights.news(day) == []


def in_order(*news: Iterable[News]) -> list[News]:
    return sorted((pair for group in news for pair in group), key=str)
