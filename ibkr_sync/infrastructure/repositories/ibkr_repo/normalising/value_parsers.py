"""From the texts and numbers of a row to values: what is malformed raises ValueError.

Missing is None: ibapi's placeholders (0, "", 2147483647, 1.797e308, 2^127-1) never get past
here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.contracts import ContractMonth, Venue
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import read_schedule

_MAX_INT32 = 2**31 - 1
_PLACEHOLDERS = frozenset((Decimal(_MAX_INT32), Decimal(2**127 - 1)))
_LARGEST_NUMBER = Decimal(10**15)
_LARGEST_DOUBLE = Decimal("1e307")
_MAX_DECIMAL_PLACES = 12
_MAX_SCHEDULE_LENGTH = 8192
_MAX_LIST_LENGTH = 4096
_MAX_ITEMS = 128

_remembering = lru_cache(1024, typed=True)
"""For what is much the same in every row of a chain."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def parse_positive_number(value: object) -> Decimal | None:
    """Read as `parse_number`, and refuse what is not above zero."""
    number = parse_number(value)
    if number is not None and number <= 0:
        raise ValueError("must be positive")
    return number


def parse_unless_zero(text: str) -> str:
    """The text of a number of which 0 says that there is none."""
    return "" if text == "0" else text


@_remembering
def parse_exchange_zone(zone_id: str) -> str:
    """Read the id of an exchange's zone as a name of the zone database."""
    zone = iana_zone(zone_id)
    if zone is None:
        raise ValueError("unknown time zone")
    return zone


@_remembering
def parse_number(value: object) -> Decimal | None:
    """Read an exact number, None for "" and ibapi's placeholders.

    Raises ValueError for what is no finite number, or has more digits than can be stored
    exactly (15 before and 12 after the point).
    """
    text = str(value)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a finite number")
    number = Decimal(text)
    if number in _PLACEHOLDERS or number > _LARGEST_DOUBLE:
        return None
    if abs(number) >= _LARGEST_NUMBER or number != round(number, _MAX_DECIMAL_PLACES):
        raise ValueError("more digits than a price or size can have")
    return number


@_remembering
def parse_contract_month(text: str) -> ContractMonth:
    """Read `202612`."""
    return ContractMonth.parse(text)


def _integer(value: object, allowed: range) -> int:
    text = str(value)
    if not _INTEGER.fullmatch(text) or int(text) not in allowed:
        raise ValueError(f"not a whole number from {allowed[0]} to {allowed[-1]}")
    return int(text)


_repeated_integer = _remembering(_integer)


def parse_security_type(value: str) -> None:
    """Refuse every security type but that of futures."""
    if value != "FUT":
        raise ValueError("not a future")


def parse_con_id(value: object) -> int:
    """Read a conId."""
    # Each contract has its own: remembered, they would push out what every row repeats.
    return _integer(value, range(1, _MAX_INT32 + 1))


parse_underlying_con_id = _remembering(parse_con_id)


def parse_price_magnifier(value: object) -> int:
    """Read a price magnifier."""
    return _repeated_integer(value, range(1, 10**6 + 1))


def _market_rule_id(value: str) -> int | None:
    return _repeated_integer(value, range(_MAX_INT32 + 1)) if value else None


def parse_aggregated_group(value: int) -> int | None:
    """None for -1, 0 and 2147483647: IBKR's ways to say that a contract is not smart-routed."""
    group = _repeated_integer(value, range(-1, _MAX_INT32 + 1))
    return None if group in (-1, 0, _MAX_INT32) else group


@_remembering
def parse_items(text: str) -> tuple[str, ...]:
    """Read what is separated by commas, in order of the alphabet."""
    return tuple(sorted(item for item in _split(text) if item))


@_remembering
def parse_venues(valid_exchanges: str, market_rule_ids: str) -> tuple[Venue, ...]:
    """Pair exchanges and tick ladders by position; ladders may be absent altogether."""
    exchanges = _split(valid_exchanges)
    rules = _split(market_rule_ids)
    if not any(rules):
        rules = [""] * len(exchanges)
    if len(rules) != len(exchanges):
        raise ValueError(f"{len(rules)} market rules for {len(exchanges)} exchanges")
    return tuple(
        Venue(exchange=exchange, market_rule_id=_market_rule_id(rule))
        for exchange, rule in zip(exchanges, rules, strict=True)
        if exchange
    )


def _split(text: str) -> list[str]:
    """The items of a list; raises ValueError where there are more than any contract has."""
    items = (clean_text(text, _MAX_LIST_LENGTH) or "").split(",")
    if len(items) > _MAX_ITEMS:
        raise ValueError(f"more than {_MAX_ITEMS} of them")
    return items


def parse_security_ids(pairs: list[Any] | None) -> tuple[tuple[str, str], ...]:
    """Read the pairs of a kind of id and an id."""
    if len(pairs or ()) > _MAX_ITEMS:
        raise ValueError(f"more than {_MAX_ITEMS} of them")
    cleaned = ((clean_text(pair.tag), clean_text(pair.value)) for pair in pairs or ())
    return tuple(sorted((tag, value) for tag, value in cleaned if tag and value))


def parse_schedule(
    trading_hours: str,
    liquid_hours: str,
    time_zone_id: str | None,
    time_zone: str | None,
) -> TradingSchedule | None:
    """The hours as sent, and as read in the zone; None where none were sent, or in no zone."""
    trading, liquid = _hours_text(trading_hours), _hours_text(liquid_hours)
    if time_zone_id is None or not (trading or liquid):
        return None
    schedule = TradingSchedule(
        trading_hours=trading, liquid_hours=liquid, time_zone_id=time_zone_id
    )
    return schedule if time_zone is None else read_schedule(schedule, ZoneInfo(time_zone))


def _hours_text(sent: str) -> str:
    """The hours as sent; "" where there is nothing between the separators."""
    text = clean_text(sent, _MAX_SCHEDULE_LENGTH) or ""
    return text if text.strip("; ") else ""
