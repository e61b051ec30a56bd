"""The table is read as pandas reads it, and stays as it is but for what is corrected."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.interchange.exports.pysystemtrade.config_table import (
    COLUMNS,
    ConfigTableError,
    read_config_table,
)
from one_case import one_case

HEADER = ",".join(COLUMNS)
cells = st.text(st.sampled_from('ab1 .,"\n#'), max_size=4) | st.sampled_from(
    ["NA", "", "null", "1e3", "TRUE", "ÄÖ", 'say "it"', "two\nlines"]
)
names = st.text("abc_#", min_size=1, max_size=3)


@given(
    st.lists(st.tuples(names, *[cells] * 7), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_cells_are_those_of_pandas(rows: list[tuple[str, ...]], line_end: str) -> None:
    import pandas as pd

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=line_end)
    writer.writerows([(*COLUMNS, "mine"), *rows])
    text = buffer.getvalue()

    table = read_config_table(text)
    read = pd.read_csv(io.StringIO(text, newline=""), dtype=str)

    missing = read.isna()
    expected = [
        [None if missing.loc[row, column] else read.loc[row, column] for column in COLUMNS]
        for row in range(len(read))
    ]
    assert [[row[column] for column in COLUMNS] for row in table.rows] == expected
    assert table.corrected({}) == text


def test_only_what_is_corrected_changes() -> None:
    text = (
        f"\r\nnote,{HEADER},more\r\n# mine\r\n"
        '"kept, as it is",A,ES,GLOBEX,NA,50,1,FALSE,"""x"""\r\n'
        "\n  \n"
        "x,#old,,,,,,,\r"
        'x,B,"Z","ICEEU",GBP,,,"FALSE",last'
    )
    table = read_config_table(text)

    assert [(row.line, row["Instrument"]) for row in table.rows] == [
        (3, None),
        (4, "A"),
        (7, "#old"),
        (8, "B"),
    ]
    values = {(4, "IBExchange"): "CME", (8, "IBExchange"): "A,B", (8, "IBMultiplier"): "10"}
    expected = text.replace("GLOBEX", "CME").replace('"ICEEU",GBP,,', '"A,B",GBP,10,')
    assert table.corrected(values) == expected


@one_case(
    ("text", "problem"),
    [
        (f"# mine\n{HEADER}", "line 1: the column Instrument is not there"),
        ("", "line 1: the column Instrument is not there"),
        (HEADER.replace("IBSymbol", "IBExchange"), "line 1: the column IBSymbol is not there"),
        (f"{HEADER},IBSymbol", "line 1: the column IBSymbol is twice"),
        (f"{HEADER}\na,b,c,d,e,f,g,h\n", "line 2: 8 values for 7 columns"),
        (f"{HEADER}\n\na,b\n", "line 3: 2 values for 7 columns"),
        (f'{HEADER}\n"a,b,c,d,e,f,g\n', "line 2: a quote in it is not closed"),
        (f"{HEADER}\n" + '"' + '""' * 100_000, "line 2: a quote in it is not closed"),
    ],
)
def test_what_pandas_or_pysystemtrade_would_refuse_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigTableError) as raised:
        read_config_table(text)
    assert str(raised.value) == problem
