"""Names of products and contracts as other programs write them, in our own notation.

    /ESZ26  /ES                  thinkorswim
    ES=F  ESZ26.CME  GCZ26.CMX   Yahoo
    CME_MINI:ES1!  CME:ESZ2026   TradingView
    ESZ6 Index  TY1 Comdty       Bloomberg
    ESc1                         LSEG, where ESv1 is refused: it is no October
    ES.c.0  ES.v.0               Databento
    ES 12-26                     NinjaTrader
    @ES  @ESZ26                  TradeStation
    ESZ26-CME                    lists of several brokers

A continuous contract (`ES1!`, `ES=F`, `ESc1`, `ES.c.0`, `@ES`) is a series of prices, not a
contract: it stands for its product.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ibkr_sync.domain.errors import MalformedSymbolError

_EXCHANGES: Mapping[str, str | None] = MappingProxyType(
    {
        **{
            number: number
            for number in ("CME", "CBOT", "NYMEX", "COMEX", "CFE", "EUREX", "SGX", "NYBOT")
        },
        "CME_MINI": "CME",
        "CBOT_MINI": "CBOT",
        "NYMEX_MINI": "NYMEX",
        "COMEX_MINI": "COMEX",
        "CBT": "CBOT",
        "NYM": "NYMEX",
        "CMX": "COMEX",
        "NYB": "NYBOT",
        "LME": "LMEOTC",
        "OSE": "OSE.JPN",
        "HKEX": "HKFE",
        "KRX": "KSE",
        "ICEUS": "NYBOT",
        "ICEEUR": None,
    }
)
"""IBKR's codes of what others call exchanges; None where it has several for one of theirs."""

_OTHER_LETTERS = "ABCDEILOPRSTWY"  # none of which is a month's
_ROOT = r"(?P<root>[A-Za-z0-9]{1,8})"
_SECTOR = "(?:Index|Comdty|Curncy)"

_CONTINUOUS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:(?P<exchange>[A-Za-z_]+):)?{_ROOT}[1-9]!",
        rf"{_ROOT}=[Ff]",
        rf"{_ROOT}\.[cvnCVN]\.[0-9]",
        r"(?P<root>[A-Z0-9]{1,8})c[1-9][0-9]?",
        rf"(?i:(?P<root>[A-Z0-9]{{2}}|[A-Z0-9]{{2,7}}[{_OTHER_LETTERS}])[1-9][0-9]? {_SECTOR})",
        r"@(?i:(?P<root>[A-Z]{1,3}|[0-9][A-Z]))",
    )
)
_OTHERWISE = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<exchange>[A-Za-z_]+):(?P<name>[A-Za-z0-9]{1,12})",
        r"/(?P<name>[A-Za-z0-9]{1,12})(?::X[A-Z]{3})?",
        r"@(?P<name>[A-Za-z0-9]{4,12})",
        r"(?P<name>[A-Za-z0-9]{2,12})[.-](?P<exchange>[A-Za-z]{3,6})",
        rf"(?i:(?P<name>[A-Z0-9]{{2,12}}) {_SECTOR})",
    )
)
_BY_MONTH_AND_YEAR = re.compile(rf"{_ROOT} (?P<month>0[1-9]|1[0-2])-(?P<year>[0-9]{{2}})")
_BY_VOLUME = re.compile(r"[A-Z0-9]{1,8}v[1-9][0-9]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSpelling:
    """What another program's name says.

    Attributes:
        text: the name in our notation, with the exchange if that says one.
        is_continuous: whether it is a continuous contract, so that the text is of its product.
    """

    text: str
    is_continuous: bool = False


def read_foreign_spelling(typed: str) -> ForeignSpelling | None:
    """Read a name as another program writes it, None if none does.

    Raises MalformedSymbolError for one that would be read as what it is not.
    """
    text = " ".join(typed.split())
    if _BY_VOLUME.fullmatch(text):
        raise MalformedSymbolError(typed, "contract: with a small v it is a continuous one")
    if match := _BY_MONTH_AND_YEAR.fullmatch(text):
        return ForeignSpelling(text=f"{match['root']} 20{match['year']}{match['month']}")
    if text.startswith("@") and text[1:].upper() in _EXCHANGES:
        raise MalformedSymbolError(typed, "product: it is an exchange alone")
    for patterns in (_CONTINUOUS, _OTHERWISE):
        for match in filter(None, (pattern.fullmatch(text) for pattern in patterns)):
            named = match.groupdict()
            exchange = (named.get("exchange") or "").upper()
            if exchange and exchange not in _EXCHANGES:
                continue
            name, code = named.get("root") or named["name"], _EXCHANGES.get(exchange)
            return ForeignSpelling(
                text=f"{name}@{code}" if code else name, is_continuous="root" in named
            )
    return None
