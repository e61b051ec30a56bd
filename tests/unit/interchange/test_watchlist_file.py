"""Reading lists of products to import, whoever wrote them."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.naming.watchlist_line import WatchlistLine, WatchlistLineProblem
from ibkr_sync.interchange.watchlist_file import MAX_LINES, read_watchlist
from one_case import one_case

PYSYSTEMTRADE = "Instrument,IBSymbol,IBExchange,IBCurrency,IBMultiplier,priceMagnifier,IgnoreWeekly"
HEADER = "symbol,exchange,trading_class,currency,group"


@one_case(
    ("text", "lines"),
    [
        ("ES", [WatchlistLine(number=1, symbol="ES")]),
        ("\ufeffES\r\n6E\r\n", [(1, "ES"), (2, "6E")]),
        ("# all of them\n\n  CL@NYMEX  # crude\n", [(3, "CL@NYMEX")]),
        ("ES,night", [WatchlistLine(number=1, symbol="ES", group="night")]),
        ("ES\tnight", [WatchlistLine(number=1, symbol="ES", group="night")]),
        ("ES , night", [WatchlistLine(number=1, symbol="ES", group="night")]),
        ("ES,", [(1, "ES")]),
        ("FDAX 20261218 M", [(1, "FDAX 20261218 M")]),
        ("", []),
        ("\n# nothing\n", []),
    ],
)
def test_a_plain_line_names_a_product_and_maybe_its_group(
    text: str, lines: list[WatchlistLine | tuple[int, str]]
) -> None:
    expected = tuple(
        line if isinstance(line, WatchlistLine) else WatchlistLine(number=line[0], symbol=line[1])
        for line in lines
    )
    assert read_watchlist(text) == (expected, ())


@one_case(
    "text",
    [
        f"{HEADER}\nDAX,EUREX,FDAX,EUR,night",
        "Group , SYMBOL,exchange,trading_class,currency\nnight,DAX,EUREX,FDAX,EUR",
        "symbol\texchange\ttrading_class\tcurrency\tgroup\nDAX\tEUREX\tFDAX\tEUR\tnight",
        'symbol,exchange,trading_class,currency,group\n"DAX",EUREX,FDAX,"EUR",night  # mine',
        f"{HEADER},added_at,synced_at,listed\nDAX,EUREX,FDAX,EUR,night,2026-11-23,,4",
    ],
)
def test_a_header_says_what_the_values_are(text: str) -> None:
    line = WatchlistLine(
        number=2,
        symbol="DAX",
        exchange="EUREX",
        trading_class="FDAX",
        currency="EUR",
        group="night",
    )
    assert read_watchlist(text) == ((line,), ())


@one_case(
    ("text", "expected"),
    [
        ("ES;night\n6E;", "1 ES night, 2 6E"),
        ("symbol;exchange\nDAX;EUREX", "2 DAX EUREX"),
        ("symbol,multiplier\nDAX,25\nSI,1000.0", "2 DAX 25, 3 SI 1000.0"),
        ("ES,NQ,CL", "1 ES guessed, 1 NQ guessed, 1 CL guessed"),
        ("ES; NQ; CL;", "1 ES guessed, 1 NQ guessed, 1 CL guessed"),
        (
            "###INDEX,CME_MINI:ES1!,NQ1!,###Base Metals & more,LME:AH",
            "1 CME_MINI:ES1! index, 1 NQ1! index, 1 LME:AH base-metals-more",
        ),
        ("###\nES1!\n###!\nCL1!", "2 ES1!, 4 CL1!"),
        (
            "COLUMN,0\nHED,My futures\nDES,ES,FUT,CME,202612,,\nDES,GC,FUT,SMART/COMEX\nBLANK,",
            "3 ES CME, 4 GC COMEX",
        ),
        ("COLUMN,0", ""),
        (
            f"{PYSYSTEMTRADE}\nDAX,DAX,EUREX,EUR,1,1,FALSE\nGAS-LAST,HH,NYMEX,NA,10000,1,FALSE",
            "2 DAX EUREX EUR 1, 3 HH NYMEX 10000",
        ),
    ],
)
def test_lists_of_other_programs_are_read(text: str, expected: str) -> None:
    lines, problems = read_watchlist(text)
    said = (
        (line.number, line.symbol, line.exchange, line.currency, line.multiplier, line.group)
        + (("guessed",) if line.is_guessed else ())
        for line in lines
    )
    assert problems == ()
    assert ", ".join(" ".join(str(v) for v in pair if v is not None) for pair in said) == expected


def test_what_a_row_leaves_out_does_not_narrow_the_choice() -> None:
    lines, problems = read_watchlist(f"{HEADER}\nES\nCL,NYMEX,,,\n")

    assert not problems
    assert lines == (
        WatchlistLine(number=2, symbol="ES"),
        WatchlistLine(number=3, symbol="CL", exchange="NYMEX"),
    )


def test_leading_tabs_are_empty_values() -> None:
    lines, _ = read_watchlist("group\tsymbol\n\tES\n")
    assert lines == (WatchlistLine(number=2, symbol="ES"),)


@one_case(
    ("text", "problem"),
    [
        ("ES\n,night", "line 2: there is no product before the comma"),
        ("ES,CME,night\nNQ", "line 1: it has more than a product and its group"),
        ("symbol,multiplier\nES,5O", "line 2: '5O' is no multiplier"),
        ("DES,IBM,STK,SMART/NYSE", "line 1: it is of type STK, and a list is of futures products"),
        ("DES,ES,FUT,CME\nES@CME", "line 2: 'ES@CME' is no line of a watchlist of TWS"),
        ("symbol,echange\nES,CME", "line 1: there is no column 'echange'; there are symbol,"),
        ("symbol,group,group\nES,a,b", "line 1: the column 'group' is there twice"),
        (f"{HEADER}\n,CME", "line 2: it has no symbol"),
        (f"{HEADER}\nES,CME,ES,USD,night,extra", "line 2: it has 6 values for 5 columns"),
        (f'{HEADER}\nES,"CME', "line 2: a quote in it is not closed"),
        ("ES\n" * MAX_LINES, f"line {MAX_LINES + 1}: these are {MAX_LINES + 1} lines"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(text: str, problem: str) -> None:
    _, problems = read_watchlist(text)

    assert [str(other)[: len(problem)] for other in problems] == [problem]


def test_every_wrong_line_is_reported() -> None:
    _, problems = read_watchlist(",a\nES\n,b\n")

    assert [problem.number for problem in problems] == [1, 3]


@given(st.text())
def test_any_text_gives_lines_or_problems_with_numbers_that_it_has(text: str) -> None:
    lines, problems = read_watchlist(text)

    last = text.count("\n") + text.count("\r") + 1
    numbers = [line.number for line in lines] + [problem.number for problem in problems]
    assert all(1 <= number <= last for number in numbers)
    assert all(line.symbol for line in lines)


CELLS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=8).map(
    lambda text: text.replace("#", "").replace("'", "")
)


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS, CELLS, CELLS, CELLS), max_size=5))
def test_a_table_written_as_csv_is_read_back(rows: list[tuple[str, ...]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([HEADER.split(","), *rows])

    lines, problems = read_watchlist(buffer.getvalue())

    assert problems == ()
    assert [
        tuple(getattr(line, name) or "" for name in HEADER.split(",")) for line in lines
    ] == rows


def test_problems_are_reported_as_a_sentence() -> None:
    assert (
        str(WatchlistLineProblem(number=3, message="it has no symbol"))
        == "line 3: it has no symbol"
    )


def test_a_header_without_the_symbol_is_refused_and_names_no_products() -> None:
    lines, problems = read_watchlist("exchange,group\nCME,night\n")

    assert lines == ()
    assert list(map(str, problems)) == ["line 1: the header has no column 'symbol'"]
