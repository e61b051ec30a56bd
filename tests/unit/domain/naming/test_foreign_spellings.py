"""Names as other programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.naming.foreign_spellings import read_foreign_spelling
from ibkr_sync.domain.naming.spellings import MonthSpelling, parse_spellings
from one_case import one_case

DECEMBER = {6: 1, 26: 2, 2026: 4}
"""The year as it is written, with its digits."""


def december(root: str, year: int) -> MonthSpelling:
    return MonthSpelling(root=root, month=12, year=year, year_digits=DECEMBER[year])


@one_case(
    ("text", "root", "exchange"),
    [
        *(("ES=F", "ES", None), ("6E=F", "6E", None), ("gc=f", "GC", None)),
        *(("ES1!", "ES", None), ("CME_MINI:ES1!", "ES", "CME"), ("CME:ES1!", "ES", "CME")),
        *(
            ("COMEX:GC2!", "GC", "COMEX"),
            ("ICEEUR:BRN1!", "BRN", None),
            ("ICEUS:KC1!", "KC", "NYBOT"),
        ),
        *(("ES1 Index", "ES", None), ("NG1 Comdty", "NG", None), ("ec12 curncy", "EC", None)),
        *(("RTY1 Index", "RTY", None), ("ES.c.0", "ES", None), ("CL.v.1", "CL", None)),
        *(
            ("ESc1", "ES", None),
            ("LCOc12", "LCO", None),
            ("@ES", "ES", None),
            ("@EMD", "EMD", None),
        ),
    ],
)
def test_a_continuous_contract_means_its_product(
    text: str, root: str, exchange: str | None
) -> None:
    words = parse_spellings(text)
    assert (words.product, words.exchange, words.is_continuous) == (root, exchange, True)


@one_case(
    ("text", "spelling", "exchange"),
    [
        *(("/ESZ26", december("ES", 26), None), ("/ESZ26:XCME", december("ES", 26), None)),
        *(("CME:ESZ2026", december("ES", 2026), "CME"), ("ESZ6.CME", december("ES", 6), "CME")),
        *(("GCZ26.CMX", december("GC", 26), "COMEX"), ("ESZ26-CME", december("ES", 26), "CME")),
        *(("ESZ6 Index", december("ES", 6), None), ("CLZ26 Comdty", december("CL", 26), None)),
        *(("ES 12-26", december("ES", 2026), None), ("@ESZ26", december("ES", 26), None)),
    ],
)
def test_a_contract_is_read_in_the_spelling_of_other_programs(
    text: str, spelling: MonthSpelling, exchange: str | None
) -> None:
    words = parse_spellings(text)
    assert spelling in words.contracts
    assert (words.exchange, words.is_continuous) == (exchange, False)


@one_case(
    ("text", "product", "exchange"),
    [("/ES", "ES", None), ("LME:AH", "AH", "LMEOTC"), ("/6E", "6E", None)],
)
def test_a_product_is_read_in_the_spelling_of_other_programs(
    text: str, product: str, exchange: str | None
) -> None:
    words = parse_spellings(text)
    assert (words.product, words.exchange, words.is_continuous) == (product, exchange, False)


@one_case(
    "text",
    [
        *(
            "ESv1",
            "CLv12",
            "BINANCE:BTC1!",
            "NASDAQ:AAPL",
            "FOO:ES",
            "ES 13-26",
            "ES=X",
            "/",
            "//ES",
        ),
        *("ES1!@CME", "@ES@CME", "@CME", "@eurex", ":ES", "ES:CME"),
    ],
)
def test_what_might_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedSymbolError):
        parse_spellings(text)


@one_case(
    "text",
    [
        *("ES", "6E", "KS200.EU", "M-GD", "ESZ6", "ESV1", "esv1", "BRK B", "ES Dec26", "ES 202612"),
        *("FDAX 20261218 M", "AH_20240221", "DAX@EUREX (FDAX)", "ES@CME", "INFY26DECFUT", "ESC1"),
        *("ZN   MAR 24", "495512563", "K200M.EU", "SX8P", "225", "10Y", "MNQ-202612"),
    ],
)
def test_our_own_notation_is_nobody_elses(text: str) -> None:
    assert read_foreign_spelling(text) is None
    assert not parse_spellings(text).is_continuous


@given(st.text("ESZ6vc1!=F.:/@- Index", max_size=14))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        foreign = read_foreign_spelling(text)
    except MalformedSymbolError:
        return
    if foreign is not None:
        assert parse_spellings(foreign.text).text
