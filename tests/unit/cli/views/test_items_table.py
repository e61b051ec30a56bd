"""Which columns a table has on how wide a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ibkr_sync_cli.views.tables import TableColumn, items_table

COLUMNS: list[TableColumn[tuple[str, ...]] | None] = [
    TableColumn("Symbol", lambda item: item[0]),
    TableColumn("Name", lambda item: item[1], fit="cut", least=8),
    TableColumn("Useful", lambda item: item[2], gives_way=1),
    TableColumn("Rare", lambda item: item[3], gives_way=4),
    TableColumn("Cur", lambda item: item[4], alike="all in {}"),
]
TWO = [("ES", "E-mini S&P 500", "12", "x", "USD"), ("CL", "Crude", "3", "y", "USD")]


def drawn(items: Sequence[tuple[str, ...]], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(items_table(items, COLUMNS))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_what_is_useful_comes_before_whole_names_and_these_before_the_rest() -> None:
    headings = {width: drawn(TWO, width)[1].split() for width in (40, 34, 28, 16)}

    assert headings == {
        40: ["Symbol", "Name", "Useful", "Rare"],
        34: ["Symbol", "Name", "Useful"],
        28: ["Symbol", "Name", "Useful"],
        16: ["Symbol", "Name"],
    }
    assert "E-mini S&P 500" in drawn(TWO, 34)[3]
    assert "E-mini S&P …" in drawn(TWO, 28)[3]


def test_what_is_the_same_in_all_lines_is_said_once() -> None:
    assert drawn(TWO, 80)[0] == "all in USD"
    assert drawn([*TWO, ("FDAX", "DAX", "5", "z", "EUR")], 80)[0].endswith("Cur")
    assert drawn(TWO[:1], 80)[0].endswith("Cur")
    unknown = [(*pair[:4], "-") for pair in TWO]
    assert "Cur" not in drawn(unknown, 80)[0]
    assert drawn([], 80) in ([], [""])


@given(
    items=st.lists(st.tuples(*[st.text("aé日", max_size=9)] * 5), min_size=1, max_size=4),
    width=st.integers(20, 60),
)
def test_no_line_is_wider_than_the_terminal_and_no_symbol_is_cut(
    items: Sequence[tuple[str, ...]], width: int
) -> None:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(items_table(items, COLUMNS[:4]))
    lines = capture.get().splitlines()
    assert max(len(line) for line in lines) <= width
    assert all(any(line.startswith(item[0]) for line in lines) for item in items)
