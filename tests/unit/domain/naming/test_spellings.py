"""What people type for products and contracts, and all that it may mean."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.naming.spellings import (
    MONTH_CODES,
    MONTH_NAMES,
    DaySpelling,
    MonthSpelling,
    SymbolSpellings,
    parse_class_spelling,
    parse_currency_spelling,
    parse_exchange_spelling,
    parse_spellings,
)
from one_case import one_case

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"


def monthly(root: str, month: int, year: int, digits: int = 4) -> MonthSpelling:
    return MonthSpelling(root=root, month=month, year=year, year_digits=digits)


@one_case(
    "text", ["ES", "6E", "SIL", "M2K", "225", "700", "KS200.EU", "M-GD", "M&M", "BRK B", "AJ"]
)
def test_a_name_is_a_product_and_nothing_else(text: str) -> None:
    assert parse_spellings(text) == SymbolSpellings(text=text, typed=text, product=text)


@one_case(
    ("text", "spelling"),
    [
        ("ESZ6", monthly("ES", 12, 6, 1)),
        ("ESZ26", monthly("ES", 12, 26, 2)),
        ("ESZ2026", monthly("ES", 12, 2026)),
        ("ES Z6", monthly("ES", 12, 6, 1)),
        ("ES 202612", monthly("ES", 12, 2026)),
        ("ES202612", monthly("ES", 12, 2026)),
        ("ES 2026-12", monthly("ES", 12, 2026)),
        ("ES Dec26", monthly("ES", 12, 26, 2)),
        ("ES DEC 26", monthly("ES", 12, 26, 2)),
        ("ES Jan27", monthly("ES", 1, 27, 2)),
        ("ES-JUN-27", monthly("ES", 6, 27, 2)),
        ("es dec 2026", monthly("ES", 12, 2026)),
        ("ES       MAR2021", monthly("ES", 3, 2021)),
        ("ZN   MAR 24", monthly("ZN", 3, 24, 2)),
        ("NIFTY26NOVFUT", monthly("NIFTY", 11, 26, 2)),
        ("MESZ6", monthly("MES", 12, 6, 1)),
        ("VX48X6", monthly("VX48", 11, 6, 1)),
        ("SR3Z6", monthly("SR3", 12, 6, 1)),
        ("225MZ6", monthly("225M", 12, 6, 1)),
        ("225 202612", monthly("225", 12, 2026)),
        ("FDAX 20261218 M", DaySpelling(
            root="FDAX", day=date(2026, 12, 18), series=ContractSeries.MONTHLY
        )),
        ("FMWP 20261204 D", DaySpelling(
            root="FMWP", day=date(2026, 12, 4), series=ContractSeries.DAILY
        )),
        ("FDAX 20261218", DaySpelling(root="FDAX", day=date(2026, 12, 18))),
        ("AH_20240221", DaySpelling(root="AH", day=date(2024, 2, 21))),
    ],
)  # fmt: skip
def test_every_usual_spelling_of_a_contract_is_read(
    text: str, spelling: MonthSpelling | DaySpelling
) -> None:
    assert parse_spellings(text).contracts == (spelling,)


@one_case(
    ("local_symbol", "spelling"),
    [
        ("ESM5", monthly("ES", 6, 5, 1)),
        ("XKQ6", monthly("XK", 8, 6, 1)),
        ("CLZ3", monthly("CL", 12, 3, 1)),
        ("COILZ5", monthly("COIL", 12, 5, 1)),
        ("HSIJ4", monthly("HSI", 4, 4, 1)),
        ("APH3", monthly("AP", 3, 3, 1)),
        ("IBHYH4", monthly("IBHY", 3, 4, 1)),
        ("HOILN7", monthly("HOIL", 7, 7, 1)),
        ("6JU4", monthly("6J", 9, 4, 1)),
        ("YM   DEC 20", monthly("YM", 12, 20, 2)),
        ("MYM  JUN 23", monthly("MYM", 6, 23, 2)),
        ("ZN   MAR 24", monthly("ZN", 3, 24, 2)),
        ("FESX JUN 21", monthly("FESX", 6, 21, 2)),
        ("FGBL MAR 23", monthly("FGBL", 3, 23, 2)),
        ("FGBL 20251208 M", DaySpelling(
            root="FGBL", day=date(2025, 12, 8), series=ContractSeries.MONTHLY
        )),
        ("SCOI 20251219 M", DaySpelling(
            root="SCOI", day=date(2025, 12, 19), series=ContractSeries.MONTHLY
        )),
        ("AH_20240221", DaySpelling(root="AH", day=date(2024, 2, 21))),
        ("SXAH24", monthly("SXA", 3, 24, 2)),
        ("INFY24FEBFUT", monthly("INFY", 2, 24, 2)),
    ],
)  # fmt: skip
def test_the_local_symbols_of_most_exchanges_say_root_and_month_or_day(
    local_symbol: str, spelling: MonthSpelling | DaySpelling
) -> None:
    assert parse_spellings(local_symbol).contracts == (spelling,)


@one_case(
    "local_symbol",
    [
        *("169120018", "4TLSN4L", "3TLSN4N", "M3FIDRM4P", "DVCE91MR24", "DVCXC MR24"),
        *("DVM3  JN24", "ISP   24L20"),
    ],
)
def test_the_local_symbols_of_the_others_stand_for_themselves(local_symbol: str) -> None:
    assert parse_spellings(local_symbol).product == " ".join(local_symbol.split())


@one_case(("code", "month"), list(zip("FGHJKMNQUVXZ", range(1, 13), strict=True)))
def test_each_month_has_its_letter(code: str, month: int) -> None:
    assert parse_spellings(f"ES{code}6").contracts == (monthly("ES", month, 6, 1),)


def test_a_text_that_may_be_a_product_or_a_contract_is_both() -> None:
    words = parse_spellings("ESZ6")
    assert words.product == "ESZ6"
    assert words.contracts == (monthly("ES", 12, 6, 1),)


def test_a_month_by_name_that_ends_in_a_month_code_gives_both_roots() -> None:
    assert set(parse_spellings("ESJUN26").contracts) == {
        monthly("ES", 6, 26, 2),
        monthly("ESJU", 7, 26, 2),
    }


def test_a_contract_with_blanks_is_no_product() -> None:
    assert parse_spellings("ES 202612").product is None


@one_case(
    ("text", "con_id"),
    [
        ("12345", 12345),
        ("495512563", 495512563),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("1234", None),
        ("005930", None),
    ],
)
def test_five_digits_and_more_may_be_a_con_id(text: str, con_id: int | None) -> None:
    words = parse_spellings(text)
    assert (words.con_id, words.product) == (con_id, text)


@one_case("text", ["ES@GLOBEX", " es @ globex ", "ES@globex"])
def test_an_exchange_stands_after_the_sign(text: str) -> None:
    expected = SymbolSpellings(text="ES", typed="ES", exchange="GLOBEX", product="ES")
    assert parse_spellings(text) == expected


@one_case(
    ("text", "name", "exchange", "trading_class"),
    [
        ("DAX@EUREX (FDAX)", "DAX", "EUREX", "FDAX"),
        (" dax @ eurex(fdax) ", "DAX", "EUREX", "FDAX"),
        ("SI (SIL)", "SI", None, "SIL"),
        ("N225@OSE.JPN (225)", "N225", "OSE.JPN", "225"),
        ("ESZ6@CME (ES)", "ESZ6", "CME", "ES"),
        ("FDAX 20261218 M@EUREX (FDAX)", "FDAX 20261218 M", "EUREX", "FDAX"),
    ],
)
def test_a_trading_class_stands_in_parentheses(
    text: str, name: str, exchange: str | None, trading_class: str
) -> None:
    words = parse_spellings(text)
    assert (words.text, words.exchange, words.trading_class) == (name, exchange, trading_class)
    assert (words.product, words.contracts) == (
        parse_spellings(name).product,
        parse_spellings(name).contracts,
    )


@one_case("text", ["70407716@NYMEX", "005930@KSE", "12345 (ABC)", "169120018@OSE.JPN (225)"])
def test_digits_of_an_exchange_or_a_class_are_no_con_id(text: str) -> None:
    words = parse_spellings(text)
    assert (words.con_id, words.product) == (None, words.text)


@given(
    symbol=st.from_regex(r"[A-Z0-9][A-Z0-9._&/+-]{0,9}", fullmatch=True),
    exchange=st.from_regex(r"[A-Z0-9][A-Z0-9.]{0,15}", fullmatch=True),
    trading_class=st.from_regex(r"[A-Z0-9][A-Z0-9._&/+-]{0,9}( [A-Z]{1,3})?", fullmatch=True),
)
def test_the_label_of_a_product_is_read_back(
    symbol: str, exchange: str, trading_class: str
) -> None:
    words = parse_spellings(str(ProductKey(symbol, exchange, trading_class)))
    read = ProductKey(str(words.product), str(words.exchange), str(words.trading_class))
    assert read == (symbol, exchange, trading_class)


@one_case(
    "text",
    [
        *(
            "",
            "   ",
            "@",
            "ES@",
            "ES@CME@X",
            "ES@C ME",
            "É",
            "ES\x00",
            "ES\nZ6",
            "ESZ\uff16",
        ),
        *("ES ()", "(ES)", "ES@CME (ES", "ES@CME) (ES)", "ES (ES) X", "ES (ES)@CME", "ES (E;S)"),
        *("ES 202613", "ES 20261232", "FDAX 20261218 X", "ES DEC", "ES Dec 31 2026", "-ES", "ß"),
        "E" * 65,
    ],
)
def test_what_is_nothing_is_refused(text: str) -> None:
    with pytest.raises(MalformedSymbolError):
        parse_spellings(text)


@given(st.text() | st.text(f"{LETTERS}{DIGITS}esz @_-./\t\n\u0130\u017f\uff16", max_size=24))
@example("\u017f")  # its upper case is an S
def test_any_text_is_read_or_refused_with_the_documented_error(text: str) -> None:
    try:
        words = parse_spellings(text)
    except MalformedSymbolError:
        return
    assert words.product or words.contracts
    assert words.text == words.text.upper()
    assert words.text.isascii()


@given(
    st.from_regex(r"[A-Z0-9]{1,4}[ _-]{0,3}(DEC|JAN|Z)?[ -]?[0-9]{1,8}( [MWD])?", fullmatch=True)
)
def test_what_is_no_product_is_a_contract_of_one_root(text: str) -> None:
    try:
        words = parse_spellings(text)
    except MalformedSymbolError:
        return
    assert words.product or len({contract.root for contract in words.contracts}) == 1


@example("@ES")
@given(st.from_regex(r"[A-Z0-9 ._@-]{1,24}( \([A-Z0-9]{1,5}\))?", fullmatch=True))
def test_words_are_read_back_as_they_are_written(text: str) -> None:
    """Of a continuous contract its product is written."""
    try:
        words = parse_spellings(text)
    except MalformedSymbolError:
        return
    assert parse_spellings(str(words)) == dataclasses.replace(words, is_continuous=False)


roots = st.from_regex(r"[A-Z0-9]{0,4}[A-Z]", fullmatch=True)
years = st.integers(1990, 2099)
months = st.integers(1, 12)
month_spellings = st.one_of(
    st.builds(monthly, roots, months, years, st.just(4)),
    st.builds(monthly, roots, months, st.integers(0, 99), st.just(2)),
    st.builds(monthly, roots, months, st.integers(0, 9), st.just(1)),
)
day_spellings = st.builds(
    DaySpelling,
    root=roots,
    day=st.dates(date(1990, 1, 1), date(2099, 12, 31)),
    series=st.none() | st.sampled_from(ContractSeries),
)


@given(month_spellings | day_spellings)
def test_a_spelling_is_read_back_as_it_is_written(spelling: MonthSpelling | DaySpelling) -> None:
    assert parse_spellings(str(spelling)).contracts == (spelling,)


@given(root=roots, year=years, month=months, lower=st.booleans(), blanks=st.integers(1, 4))
def test_all_spellings_of_a_contract_mean_the_same_month(
    root: str, year: int, month: int, blanks: int, *, lower: bool
) -> None:
    code, name, gap = MONTH_CODES[month - 1], MONTH_NAMES[month - 1], " " * blanks
    wanted = ContractMonth(year, month)
    for text in (
        f"{root}{code}{year % 10}",
        f"{root}{code}{year % 100:02d}",
        f"{root}{code}{year}",
        f"{root}{gap}{code}{year % 10}",
        f"{root}{gap}{year}{month:02d}",
        f"{root}{year}{month:02d}",
        f"{root}{gap}{name}{gap}{year % 100:02d}",
        f"{root}{gap}{name}{year}",
        f"{root}{year % 100:02d}{name}FUT",
    ):
        readings = parse_spellings(text.lower() if lower else text).contracts
        matching = [reading for reading in readings if reading.root == root]
        assert [type(spelling) for spelling in matching] == [MonthSpelling], text
        assert all(
            isinstance(spelling, MonthSpelling) and spelling.names(wanted) for spelling in matching
        )


@one_case(
    ("digits", "year", "named"),
    [(1, 6, {2016, 2026, 2036}), (2, 26, {2026}), (4, 2026, {2026})],
)
def test_a_short_year_names_every_year_that_ends_so(
    digits: int, year: int, named: set[int]
) -> None:
    spelling = monthly("ES", 12, year, digits)
    assert named == {
        number for number in range(2010, 2040) if spelling.names(ContractMonth(number, 12))
    }
    assert not spelling.names(ContractMonth(2026, 11))


@one_case(
    ("digits", "year", "next_year"), [(1, 6, 2026), (1, 5, 2035), (2, 25, 2125), (4, 2020, 2020)]
)
def test_the_next_year_of_some_digits_is_not_in_the_past(
    digits: int, year: int, next_year: int
) -> None:
    assert monthly("ES", 12, year, digits).next_year(2026) == next_year


def test_options_are_read_in_any_case() -> None:
    assert (
        parse_exchange_spelling(" ose.jpn "),
        parse_currency_spelling("usd"),
        parse_class_spelling("fdax"),
    ) == (
        "OSE.JPN",
        "USD",
        "FDAX",
    )


@given(st.text())
def test_options_are_read_or_refused_with_the_documented_error(text: str) -> None:
    for parse in (parse_exchange_spelling, parse_currency_spelling, parse_class_spelling):
        with suppress(MalformedSymbolError):
            assert parse(text) == text.strip().upper()


@one_case(
    ("text", "is_past"),
    [
        ("ESZ6", False),
        ("ESX6", False),
        ("ESV6", True),
        ("ESZ5", True),
        ("ESZ25", True),
        ("ESH7", False),
        ("ES 202512", True),
        ("ES 209912", False),
        ("FDAX 20261122 M", True),
        ("FDAX 20261123 M", False),
    ],
)
def test_a_spelling_says_whether_its_time_has_passed(text: str, is_past: bool) -> None:
    (spelling, *_) = parse_spellings(text).contracts

    assert spelling.is_past(date(2026, 11, 23)) is is_past
