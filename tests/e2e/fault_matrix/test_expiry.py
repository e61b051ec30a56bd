"""A contract expires at the exchange: neither a clock change nor a machine's own zone matters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from e2e.command_line import Ended
from e2e.fault_matrix.rig import Rig, asking
from e2e.gateways import SERVER_VERSION, changed
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import SAMPLE_MARKER
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from thoroughness import some_of

FROZEN_CLOCK = (sys.executable, str(Path(__file__).with_name("frozen_clock.py")))

MACHINE_ZONES = ("Asia/Tokyo", "America/Los_Angeles")

JANUARY = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""Nothing has expired yet."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a contract stops trading, as IBKR says it, and the instant from which it has expired.

    A date without a time ends at midnight in the zone of the exchange.
    """

    symbol: str
    last_trade: str
    expired_from: datetime

    @property
    def local_symbol(self) -> str:
        """The last trade in a name, as no two of these contracts share it."""
        return f"{self.symbol} {self.last_trade.partition(':')[0]}"


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc, arg-type]


ZONES = {"NYX": "US/Eastern", "BEX": "MET"}

EXPIRIES = (
    # New York goes from UTC-5 to UTC-4 on 8 March, at 07:00 UTC.
    Expiry("NYX", "20260306", utc(2026, 3, 7, 5)),
    Expiry("NYX", "20260306 16:00 US/Eastern", utc(2026, 3, 6, 21)),
    Expiry("NYX", "20260307", utc(2026, 3, 8, 5)),
    Expiry("NYX", "20260308", utc(2026, 3, 9, 4)),
    Expiry("NYX", "20260308 01:59:59 US/Eastern", utc(2026, 3, 8, 6, 59, 59)),
    Expiry("NYX", "20260308 03:00 US/Eastern", utc(2026, 3, 8, 7)),
    Expiry("NYX", "20260309", utc(2026, 3, 10, 4)),
    Expiry("NYX", "20260309 16:00 US/Eastern", utc(2026, 3, 9, 20)),
    # And back on 1 November, at 06:00 UTC.
    Expiry("NYX", "20261030", utc(2026, 10, 31, 4)),
    Expiry("NYX", "20261030 16:00 US/Eastern", utc(2026, 10, 30, 20)),
    Expiry("NYX", "20261031", utc(2026, 11, 1, 4)),
    Expiry("NYX", "20261101", utc(2026, 11, 2, 5)),
    Expiry("NYX", "20261101 00:59:59 US/Eastern", utc(2026, 11, 1, 4, 59, 59)),
    Expiry("NYX", "20261101 02:00 US/Eastern", utc(2026, 11, 1, 7)),
    Expiry("NYX", "20261102", utc(2026, 11, 3, 5)),
    Expiry("NYX", "20261102 16:00 US/Eastern", utc(2026, 11, 2, 21)),
    # Berlin goes from UTC+1 to UTC+2 on 29 March, at 01:00 UTC.
    Expiry("BEX", "20260327 17:30 MET", utc(2026, 3, 27, 16, 30)),
    Expiry("BEX", "20260328", utc(2026, 3, 28, 23)),
    Expiry("BEX", "20260329", utc(2026, 3, 29, 22)),
    Expiry("BEX", "20260329 01:59:59 MET", utc(2026, 3, 29, 0, 59, 59)),
    Expiry("BEX", "20260329 03:00 MET", utc(2026, 3, 29, 1)),
    Expiry("BEX", "20260330", utc(2026, 3, 30, 22)),
    Expiry("BEX", "20260330 17:30 MET", utc(2026, 3, 30, 15, 30)),
    # And back on 25 October, at 01:00 UTC.
    Expiry("BEX", "20261023 17:30 MET", utc(2026, 10, 23, 15, 30)),
    Expiry("BEX", "20261024", utc(2026, 10, 24, 22)),
    Expiry("BEX", "20261025", utc(2026, 10, 25, 23)),
    Expiry("BEX", "20261025 01:59:59 MET", utc(2026, 10, 24, 23, 59, 59)),
    Expiry("BEX", "20261025 03:00 MET", utc(2026, 10, 25, 2)),
    Expiry("BEX", "20261026", utc(2026, 10, 26, 23)),
    Expiry("BEX", "20261026 17:30 MET", utc(2026, 10, 26, 16, 30)),
    # Both are still listed when all others have expired.
    Expiry("NYX", "20271217", utc(2027, 12, 18, 5)),
    Expiry("BEX", "20271217", utc(2027, 12, 17, 23)),
)
INSTANTS = sorted({expiry.expired_from for expiry in EXPIRIES})[: -len(ZONES)]
"""At which one expires that is not the last of its product."""

SIDES = {"before": -timedelta(seconds=1), "at": timedelta(0)}
"""How far from them a run is made."""


def row(number: int, expiry: Expiry) -> ContractRow:
    """The contract as a gateway says it."""
    day = expiry.last_trade[:8]
    return changed(
        symbol=expiry.symbol,
        trading_class=expiry.symbol,
        under_symbol=expiry.symbol,
        long_name=f"{expiry.symbol}{SAMPLE_MARKER}",
        local_symbol=expiry.local_symbol,
        con_id=str(700_000_000 + number),
        contract_month=day[:6],
        last_trade_date_or_contract_month=expiry.last_trade,
        real_expiration_date=day,
        time_zone_id=ZONES[expiry.symbol],
    )


CONTRACTS = [row(number, expiry) for number, expiry in enumerate(EXPIRIES)]
FARTHEST = CONTRACTS[-len(ZONES) :]


def run_at(
    moment: datetime, zone: str, rig: Rig, *arguments: str, gateway: ScriptedGateway | None = None
) -> Ended:
    """Run the command at a moment that does not pass, on a machine in this zone."""
    endured = rig.run(
        *arguments,
        launcher=(*FROZEN_CLOCK, moment.isoformat()),
        env={"TZ": zone},
        gateway=gateway,
        verbose=False,
    )
    assert endured.run.code == 0, endured
    return endured.run


def get_at(
    moment: datetime, zone: str, rig: Rig, contracts: Sequence[ContractRow], *options: str
) -> None:
    """Ask a gateway for both products, which says these contracts, be they expired or not."""
    known = Recording(contracts=tuple(contracts))
    with ScriptedGateway(known, server_version=SERVER_VERSION, now=lambda: JANUARY) as gateway:
        asked = asking([*ZONES], gateway.port)
        run_at(moment, zone, rig, *asked, *options, gateway=gateway)


def listed_at(moment: datetime, symbol: str) -> set[str]:
    """The contracts of a product that have not expired."""
    return {
        expiry.local_symbol
        for expiry in EXPIRIES
        if expiry.symbol == symbol and moment < expiry.expired_from
    }


@pytest.mark.parametrize("zone", MACHINE_ZONES)
def test_a_contract_is_listed_until_it_expires_at_the_exchange(rig: Rig, zone: str) -> None:
    get_at(JANUARY, zone, rig, CONTRACTS)
    for instant, off in product(some_of(INSTANTS, 3), SIDES.values()):
        moment = instant + off
        products = run_at(moment, zone, rig, "list", "--json").json["products"]
        counts = {
            other["symbol"]: other["listed"] for other in products if other["symbol"] in ZONES
        }
        assert counts == {symbol: len(listed_at(moment, symbol)) for symbol in ZONES}, moment
        for symbol in ZONES:
            shown = run_at(moment, zone, rig, "show", symbol, "--expired", "--json").json
            states = {
                contract["local_symbol"]: contract["state"] for contract in shown["contracts"]
            }
            active = listed_at(moment, symbol)
            assert states == {
                expiry.local_symbol: "active" if expiry.local_symbol in active else "expired"
                for expiry in EXPIRIES
                if expiry.symbol == symbol
            }, moment


@pytest.mark.parametrize("zone", MACHINE_ZONES)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("instant", some_of(INSTANTS, 1), ids=str)
def test_a_contract_that_ibkr_no_longer_knows_is_missing_until_its_last_day_begins(
    rig: Rig, instant: datetime, side: str, zone: str
) -> None:
    moment = instant + SIDES[side]
    get_at(JANUARY, zone, rig, CONTRACTS)
    get_at(moment, zone, rig, FARTHEST, "--allow-shrink")
    stored = rig.store.tables()["contracts"]
    missing = {record["local_symbol"] for record in stored if record["missing_since"] is not None}
    before_their_last_day = {
        expiry.local_symbol
        for expiry in EXPIRIES
        if f"{moment.astimezone(ZoneInfo(ZONES[expiry.symbol])):%Y%m%d}" < expiry.last_trade[:8]
    }
    assert missing == before_their_last_day - {row.local_symbol for row in FARTHEST}
