"""How NautilusTrader names a futures contract, and which names it can read.

Source: `_encode_contract_symbol` of its Interactive Brokers adapter (1.231.0, simplified
symbology), `urisafe_identifier` of its catalogue.
"""

from __future__ import annotations

import re

from ibkr_sync.domain.entities.contracts import FuturesContract

_MONTH_CODED = re.compile(r"\w{1,3}[FGHJKMNQUVXZ]\d")
_LONGEST_FOLDER_NAME = 255


def instrument_id(contract: FuturesContract) -> str:
    """The id: `ESZ6.CME`, or `DAX FDAX 20261218.EUREX` where the local symbol has another form.

    Not unique: one digit of the year returns after ten years.
    """
    if _MONTH_CODED.fullmatch(contract.local_symbol):
        symbol = contract.local_symbol
    else:
        symbol = f"{contract.symbol} {contract.trading_class} {contract.last_trade_date:%Y%m%d}"
    return f"{symbol}.{contract.exchange}"


def folder_name(identifier: str) -> str:
    """The folder of an instrument in the catalogue; ids that differ by slashes alone share one."""
    return identifier.replace("/", "")


def venue_of(exchange: str) -> str:
    """The venue that is read back of an id: what follows its last dot, so `JPN` of `OSE.JPN`."""
    return exchange.rpartition(".")[2]


def is_readable(identifier: str) -> bool:
    """Whether the id can be read back, and name a folder on every file system."""
    symbol, _, venue = identifier.rpartition(".")
    is_plain = identifier.isascii() and identifier.isprintable() and "/" not in venue
    return bool(
        is_plain and symbol.strip() and venue.strip() and len(identifier) <= _LONGEST_FOLDER_NAME
    )
