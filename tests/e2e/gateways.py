"""Gateways for the command to talk to: the sample, single rows, and what goes wrong."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gateway.faults import Fault
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample import sample_recording
from ibkr_sync.infrastructure.replay.serving.server import DEFAULT_SERVER_VERSION

SERVER_VERSION = int(os.environ.get("IBKR_SYNC_TEST_SERVER_VERSION", DEFAULT_SERVER_VERSION))
"""The newest that gateways offer; above 200 they speak protobuf with an ibapi that does."""

IMPATIENT = """
[gateway]
connect_timeout = 1
handshake_timeout = 3
idle_timeout = 1
total_timeout = 4
client_id_tries = 2
"""
"""Settings for gateways that keep their clients waiting."""

ROW = ContractRow(
    symbol="NOVA",
    last_trade_date_or_contract_month="20981219 08:30 US/Central",
    exchange="CME",
    currency="USD",
    local_symbol="NOVAZ8",
    market_name="NOVA",
    trading_class="NOVA",
    con_id="987654321",
    min_tick="0.25",
    multiplier="50",
    valid_exchanges="CME",
    under_con_id="11004968",
    long_name="Nova Index",
    contract_month="209812",
    time_zone_id="US/Central",
    under_symbol="NOVA",
    under_sec_type="IND",
    market_rule_ids="",
    real_expiration_date="20981219",
)
"""A contract of a product that the catalogue does not know; it trades for long."""


@cache
def sample() -> Recording:
    """The sample as the command itself would compute it today."""
    return sample_recording(datetime.now(UTC).date(), HolidayCalendar())


def sample_gateway(*faults: Fault) -> ScriptedGateway:
    """A gateway with the sample; real in nothing but its answers to `[sample]`."""
    return ScriptedGateway(sample(), faults=faults, server_version=SERVER_VERSION)


def gateway_with(*rows: ContractRow, faults: tuple[Fault, ...] = ()) -> ScriptedGateway:
    """A gateway that knows these rows."""
    recording = Recording(contracts=rows)
    return ScriptedGateway(recording, faults=faults, server_version=SERVER_VERSION)


def changed(row: ContractRow = ROW, **fields: Any) -> ContractRow:
    """The row with other fields."""
    return dataclasses.replace(row, **fields)
