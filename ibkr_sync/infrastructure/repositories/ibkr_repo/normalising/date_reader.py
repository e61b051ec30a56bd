"""When a contract stops trading, from the several forms in which TWS says so.

`lastTradeDateOrContractMonth` comes as `20260814`, `20250620 08:30 US/Central` (the
instrument's zone), `20260225 19:30:00 Europe/Zurich` (the login's zone: the date may be a
day off) or `20261218-13:30:00` (UTC), as TWS's setting "Send instrument-specific attributes
for dual-mode API client in" has it. ibapi drops the zone and cuts `Etc/GMT-5` in two.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache

from ibkr_sync.catalogue import login_zone
from ibkr_sync.domain.entities.contracts import LIKELY_YEARS
from ibkr_sync.domain.evidence.last_trade import LastTrade, SettledLastTrade, settle_last_trade

_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_LAST_TRADE = re.compile(
    rf"(?P<date>[0-9]{{8}})(?:-(?P<utc>{_TIME})|\s+(?P<time>{_TIME})(?:\s+(?P<zone>\S.*))?)?",
    re.ASCII,
)


@lru_cache(1024)
def read_last_trade_date(
    text: str, exchange_zone: str | None, calendar_date: date | None
) -> SettledLastTrade:
    """Read `lastTradeDateOrContractMonth` as sent; raises ValueError when it can't be read.

    `exchange_zone` is an IANA name; `calendar_date` is IBKR's `lastTradeDate`, which doesn't
    shift with the login. `realExpirationDate` has no say: it may be a business day later.
    """
    match = _LAST_TRADE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a date, optionally with time and zone")
    sent_date = read_date(match["date"])
    sent_time = match["utc"] or match["time"]
    if sent_time is None:
        return settle_last_trade(LastTrade(date=sent_date), exchange_zone, calendar_date)
    zone = UTC if match["utc"] else login_zone(match["zone"] or "")
    if zone is None:
        return settle_last_trade(
            LastTrade(date=sent_date), exchange_zone, calendar_date, is_shifted=True
        )
    at = datetime.combine(sent_date, time.fromisoformat(sent_time), zone).astimezone(UTC)
    settled = settle_last_trade(LastTrade(date=sent_date, at=at), exchange_zone, calendar_date)
    if at.year not in LIKELY_YEARS or settled.believed.date.year not in LIKELY_YEARS:
        raise ValueError("not a likely year")
    return settled


@lru_cache(1024)
def read_date(text: str) -> date:
    """Read `YYYYMMDD`; raises ValueError for anything else or an unlikely year."""
    if re.fullmatch(r"[0-9]{8}", text, re.ASCII) is None:
        raise ValueError("not a date (YYYYMMDD)")
    parsed = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if parsed.year not in LIKELY_YEARS:
        raise ValueError("not a likely year")
    return parsed
