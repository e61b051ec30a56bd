"""The values of a decoded contract, whichever client's decoder made it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_OF_CONTRACT = (
    *("conId", "symbol", "secType", "lastTradeDateOrContractMonth", "exchange", "primaryExchange"),
    *("currency", "localSymbol", "tradingClass", "right"),
)
_OF_DETAILS = (
    *("marketName", "orderTypes", "validExchanges", "longName", "contractMonth", "industry"),
    *("category", "subcategory", "timeZoneId", "tradingHours", "liquidHours", "evRule"),
    *("underSymbol", "underSecType", "marketRuleIds", "realExpirationDate", "stockType"),
)
_NUMBERS = ("minTick", "priceMagnifier", "underConId", "evMultiplier", "aggGroup")
_SIZES = ("minSize", "sizeIncrement", "suggestedSizeIncrement")

_NOT_SAID = (Decimal(0), Decimal(2**31 - 1), Decimal(2**127 - 1))
"""What decoders make of numbers that weren't sent, or that say there is none."""


def values_of(details: Any, *, with_sizes: bool) -> dict[str, object]:
    """The fields of a `ContractDetails` under IBKR's names; what isn't known is None."""
    contract = details.contract
    values: dict[str, object] = {name: getattr(contract, name) or None for name in _OF_CONTRACT}
    values |= {name: getattr(details, name) or None for name in _OF_DETAILS}
    values["multiplier"] = _number(contract.multiplier)
    names = (*_NUMBERS, *_SIZES) if with_sizes else _NUMBERS
    values |= {name: _number(getattr(details, name)) for name in names}
    values["secIdList"] = sorted((pair.tag, pair.value) for pair in details.secIdList or ())
    return values


def _number(value: object) -> Decimal | None:
    number = Decimal(str(value)) if value not in ("", None) else Decimal(0)
    return None if number in _NOT_SAID else number
