"""How IBKR writes a contract's row tonight: in whose zone, for how long, and what it leaves out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fakes.recordings import contract_row, last_trade_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.infrastructure.replay.rows import ContractRow

LOGIN_ZONES = (
    ("", ""),
    ("US/Central", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("GMT", "Etc/GMT"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("JST", "Asia/Tokyo"),
    ("HST", "Pacific/Honolulu"),
)
"""The ids of logins, another one each night, with the zones that they name; "" has UTC's form."""

HOURS_AHEAD = 3
"""For so many days hours come."""


def row_tonight(contract: FuturesContract, now: datetime) -> ContractRow:
    """The row of a contract that still trades, or did so today."""
    row = dataclasses.replace(
        contract_row(contract), last_trade_date=f"{contract.last_trade_date:%Y%m%d}"
    )
    if contract.days_left(now) <= 1:
        return _without_what_ends(row)
    hours = ";".join(_hours(contract, contract.local_date(now)))
    return dataclasses.replace(
        row,
        last_trade_date_or_contract_month=_in_login_zone(contract, now),
        trading_hours=hours,
        liquid_hours=hours,
    )


def route_row(row: ContractRow) -> ContractRow:
    """The row of the same contract on a route: fewer order types, and all hours are liquid."""
    return dataclasses.replace(row, exchange="QBALGO", order_types="LMT", liquid_hours="")


def _without_what_ends(row: ContractRow) -> ContractRow:
    """On its last day and the eve a contract has no zone, no hours, and no time of its end."""
    return dataclasses.replace(
        row,
        last_trade_date_or_contract_month=row.last_trade_date,
        time_zone_id="",
        trading_hours="",
        liquid_hours="",
    )


def _in_login_zone(contract: FuturesContract, now: datetime) -> str:
    login, zone = LOGIN_ZONES[now.toordinal() % len(LOGIN_ZONES)]
    if not login or contract.last_trade_at is None:
        return last_trade_text(contract)
    return f"{contract.last_trade_at.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {login}"


def _hours(contract: FuturesContract, today: date) -> Iterator[str]:
    """The next days; the last session ends with the contract, and none comes after it."""
    assert contract.last_trade_at is not None
    assert contract.time_zone is not None
    last = contract.last_trade_at.astimezone(ZoneInfo(contract.time_zone))
    for day in (today + timedelta(days=number) for number in range(HOURS_AHEAD)):
        if day > contract.last_trade_date:
            yield f"{day:%Y%m%d}:CLOSED"
        else:
            end = f"{last:%H%M}" if day == contract.last_trade_date else "1600"
            yield f"{day:%Y%m%d}:0800-{day:%Y%m%d}:{end}"
