"""Which contracts are monthly, weekly or daily: IBKR does not say, the names do. All pure.

* Weeklies may have a class of their own and still belong to a product: VX48 beside VX, and
  HHW beside NG, whose symbol they share (seen in 2024).
* Eurex's dailies (FMWP, FMEA) end in `D` where the monthlies end in `M`.
* The LME lists a prompt for every day; those of the third Wednesday are the monthly ones.
"""

from __future__ import annotations

import re
from datetime import date

from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey

_WEEK_SUFFIX = re.compile(r"(?P<base>.+?)(?P<week>[0-5][0-9])", re.ASCII)
_LAST_WEEK = 53

_WEEKLY_CLASSES = {ProductKey("NG", "NYMEX", "HHW"): "NG"}
"""Classes that name no week, with the class of their product."""

_WEEKLY_GAS = re.compile(r"HHW[A-Z][0-9]{3}", re.ASCII)

_DATED = re.compile(r"\S+ +[0-9]{8} (?P<series>[MWD])", re.ASCII)
_SERIES_OF_LETTER = {
    "M": ContractSeries.MONTHLY,
    "W": ContractSeries.WEEKLY,
    "D": ContractSeries.DAILY,
}

_LME = "LMEOTC"
_WEDNESDAY = 2
_DAYS_OF_THIRD_WEEKDAY = range(15, 22)


def class_of_series_product(key: ProductKey) -> str | None:
    """The trading class of the product that a weekly class may belong to; None for others."""
    if key in _WEEKLY_CLASSES:
        return _WEEKLY_CLASSES[key]
    match = _WEEK_SUFFIX.fullmatch(key.trading_class)
    if match is None or not 1 <= int(match["week"]) <= _LAST_WEEK:
        return None
    return match["base"]


def series_of(contract: FuturesContract) -> ContractSeries:
    """The series of a contract that is listed under its product's own class."""
    if contract.exchange == _LME:
        is_monthly = _is_third_wednesday(contract.last_trade_date)
        return ContractSeries.MONTHLY if is_monthly else ContractSeries.DAILY
    if contract.symbol == "NG" and _WEEKLY_GAS.fullmatch(contract.local_symbol):
        return ContractSeries.WEEKLY
    dated = _DATED.fullmatch(contract.local_symbol)
    return _SERIES_OF_LETTER[dated["series"]] if dated else ContractSeries.MONTHLY


def _is_third_wednesday(day: date) -> bool:
    return day.weekday() == _WEDNESDAY and day.day in _DAYS_OF_THIRD_WEEKDAY
