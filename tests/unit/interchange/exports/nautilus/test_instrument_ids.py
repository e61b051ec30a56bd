"""Ids are those that NautilusTrader's adapter makes, and decodes again."""

from __future__ import annotations

import dataclasses
import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER
from ibkr_sync.interchange.exports.nautilus.instrument_ids import instrument_id, is_readable
from one_case import one_case

MONTH_CODED = re.compile(r"(?P<symbol>\w{1,3})(?P<month>[FGHJKMNQUVXZ])(?P<year>\d)")
NAMED = re.compile(
    r"(?P<underlying>[A-Z0-9]{2,10})\s+(?P<trading_class>[A-Z0-9]{2,6})\s+(?P<expiry>\d{8})"
)
"""`RE_FUT` and `RE_FUT4`, by which the adapter of 1.231.0 reads the symbol of an id."""


@one_case(
    ("symbol", "trading_class", "local_symbol", "exchange", "expected"),
    [
        ("ES", "ES", "ESZ6", "CME", "ESZ6.CME"),
        ("EUR", "6E", "6EH7", "CME", "6EH7.CME"),
        ("MBT", "MBT", "MBTZ6", "CME", "MBTZ6.CME"),
        ("COIL", "COIL", "COILZ6", "IPE", "COIL COIL 20261218.IPE"),
        ("VIX", "VX48", "VX48Z6", "CFE", "VIX VX48 20261218.CFE"),
        ("DAX", "FDAX", "FDAX 20261218 M", "EUREX", "DAX FDAX 20261218.EUREX"),
        ("DAX", "FDXM", "FDXM 20261218 M", "EUREX", "DAX FDXM 20261218.EUREX"),
        ("ZC", "ZC", "ZC   DEC 26", "CBOT", "ZC ZC 20261218.CBOT"),
        ("ES", "ES", "ESZ26", "CME", "ES ES 20261218.CME"),
        ("NIFTY50", "NIFTY", "NIFTY26DECFUT", "NSE", "NIFTY50 NIFTY 20261218.NSE"),
        ("N225", "225", "161120018", "OSE.JPN", "N225 225 20261218.OSE.JPN"),
    ],
)
def test_a_contract_has_the_id_that_the_adapter_gives_it(
    symbol: str, trading_class: str, local_symbol: str, exchange: str, expected: str
) -> None:
    contract = dataclasses.replace(
        DECEMBER,
        symbol=symbol,
        trading_class=trading_class,
        local_symbol=local_symbol,
        exchange=exchange,
    )
    assert instrument_id(contract) == expected
    assert is_readable(expected)


codes = st.text("ABCEILORTXYZ0123456789", min_size=2, max_size=6)


@given(
    symbol=codes,
    trading_class=codes,
    exchange=codes,
    local_symbol=codes | st.from_regex(MONTH_CODED, fullmatch=True).filter(str.isascii),
    day=st.dates(date(1990, 1, 1), date(2099, 12, 31)),
)
def test_an_id_leads_back_to_what_it_was_made_of(
    symbol: str, trading_class: str, exchange: str, local_symbol: str, day: date
) -> None:
    contract = dataclasses.replace(
        DECEMBER,
        symbol=symbol,
        trading_class=trading_class,
        exchange=exchange,
        local_symbol=local_symbol,
        last_trade_date=day,
    )
    name, _, venue = instrument_id(contract).rpartition(".")
    assert venue == exchange
    if MONTH_CODED.fullmatch(name):
        assert name == local_symbol
        return
    read = NAMED.fullmatch(name)
    assert read is not None
    assert read.groupdict() == {
        "underlying": symbol,
        "trading_class": trading_class,
        "expiry": f"{day:%Y%m%d}",
    }


@one_case("identifier", ["ESZ6.", ".CME", " .CME", "ÄZ6.CME", "ESZ6.CM/E", "E\x00.CME", "E" * 255])
def test_an_id_that_is_none_is_recognised(identifier: str) -> None:
    assert not is_readable(identifier)
