"""When a contract stops trading, from the several forms in which TWS says so.

`lastTradeDateOrContractMonth` comes as `20260814`, `20250620 08:30 US/Central` (the
instrument's zone), `20260225 19:30:00 Europe/Zurich` (the login's zone: the date may be a
day off) or `20261218-13:30:00` (UTC), as TWS's setting "Send instrument-specific attributes
for dual-mode API client in" has it. ibapi drops the zone and cuts `Etc/GMT-5` in two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.catalogue import login_zone

_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
_LAST_TRADE = re.compile(
    rf"(?P<date>[0-9]{{8}})(?:-(?P<utc>{_TIME})|\s+(?P<time>{_TIME})(?:\s+(?P<zone>\S.*))?)?",
    re.ASCII,
)
_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTrade:
    """A contract's last trade: calendar date in the exchange's zone, and UTC instant if known."""

    date: date
    at: datetime | None


@lru_cache(1024)
def read_last_trade(
    text: str, exchange_zone: str | None, calendar_dates: tuple[date | None, ...]
) -> LastTrade:
    """Read `lastTradeDateOrContractMonth` as sent; raises ValueError when it can't be trusted.

    `exchange_zone` is an IANA name; `calendar_dates` are IBKR's other dates for the same
    contract (`lastTradeDate`, `realExpirationDate`), which don't shift with the login. They
    decide the date when text and zone leave it open.
    """
    match = _LAST_TRADE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a date, optionally with time and zone")
    sent_date = parse_date(match["date"])
    sent_time = match["utc"] or match["time"]
    if sent_time is None:
        return LastTrade(date=sent_date, at=None)
    zone = UTC if match["utc"] else _zone_of(match["zone"])
    if zone is None:
        return LastTrade(date=_settle(sent_date, calendar_dates), at=None)
    at = datetime.combine(sent_date, time.fromisoformat(sent_time), zone).astimezone(UTC)
    if exchange_zone is None:
        return LastTrade(date=_settle(sent_date, calendar_dates), at=at)
    return LastTrade(date=at.astimezone(ZoneInfo(exchange_zone)).date(), at=at)


@lru_cache(1024)
def parse_date(text: str) -> date:
    """Read `YYYYMMDD`; raises ValueError for anything else or an unlikely year."""
    if re.fullmatch(r"[0-9]{8}", text, re.ASCII) is None:
        raise ValueError("not a date (YYYYMMDD)")
    parsed = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if parsed.year not in _YEARS:
        raise ValueError("not a likely year")
    return parsed


def _zone_of(zone_id: str | None) -> tzinfo | None:
    return None if zone_id is None else login_zone(zone_id)


def _settle(sent: date, calendar_dates: tuple[date | None, ...]) -> date:
    """The date when a zone is unknown, so that it may be a day off: IBKR's other dates decide."""
    known = [each for each in calendar_dates if each is not None]
    if sent in known:
        return sent
    if known and abs((known[0] - sent).days) == 1:
        return known[0]
    raise ValueError(f"its time zone is unknown and no other date confirms it ({known})")
