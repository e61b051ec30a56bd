"""Results go to stdout as asked for, everything else to stderr, and nothing harmful to either."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.text import Text

from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync_cli.terminal.output import Output, OutputFormat, Result

RECORDS = [{"name": "É=1", "note": "=1+1"}, {"name": "b\tc", "note": 'x,"y"\nz'}]
RESULT = Result(
    table=lambda: Text("[bold]the table[/nope]"),
    document=lambda: {"records": RECORDS},
    records=lambda: RECORDS,
    columns=("name", "note", "absent"),
    rows=lambda: RECORDS,
)


@pytest.mark.parametrize(
    ("format_", "written"),
    [
        (OutputFormat.TABLE, "[bold]the table[/nope]\n"),
        (OutputFormat.JSONL, '{"name": "É=1", "note": "=1+1"}\n' + json.dumps(RECORDS[1]) + "\n"),
        (OutputFormat.CSV, 'name,note,absent\nÉ=1,\'=1+1,\nb\tc,"x,""y""\nz",\n'),
        (OutputFormat.TSV, 'name\tnote\tabsent\nÉ=1\t=1+1\t\n"b\tc"\t"x,""y""\nz"\t\n'),
    ],
)
def test_a_result_is_written_in_the_format_asked_for(
    capsys: pytest.CaptureFixture[str], format_: OutputFormat, written: str
) -> None:
    Output().write(RESULT, format_)

    assert capsys.readouterr() == (written, "")


def test_json_is_indented_and_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Output().write(RESULT, OutputFormat.JSON)

    out = capsys.readouterr().out
    assert json.loads(out) == {"records": RECORDS}
    assert out.startswith('{\n  "records"')
    assert out.endswith("}\n")


def test_without_a_terminal_and_a_wish_it_is_tsv(capsys: pytest.CaptureFixture[str]) -> None:
    Output().write(RESULT, None)

    assert capsys.readouterr().out.startswith("name\tnote")


def test_only_the_format_asked_for_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    def never() -> str:
        raise AssertionError

    lazy = Result(
        table=never, document=never, records=never, columns=("a",), rows=lambda: [{"a": "1"}]
    )
    Output().write(lazy, OutputFormat.CSV)

    assert capsys.readouterr().out == "a\n1\n"


@given(cells=st.lists(st.text(), min_size=2, max_size=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_csv_reads_back_and_holds_no_formula(
    capsys: pytest.CaptureFixture[str], cells: list[str]
) -> None:
    from ibkr_sync.interchange.formula_safety import restore_formula

    row = dict(
        zip(("a", "b"), (cell.replace("\r", "").replace("\x00", "") for cell in cells), strict=True)
    )
    result = Result(table=str, document=dict, records=list, columns=("a", "b"), rows=lambda: [row])
    Output().write(result, OutputFormat.CSV)

    (read,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert {key: restore_formula(cell) for key, cell in read.items()} == {
        key: harmless_text(cell) for key, cell in row.items()
    }
    assert not any(cell.startswith(("=", "+", "@")) for cell in read.values())


def test_remarks_and_errors_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.remark("one [bold]")
    output.complain("two [/nope]", "three")
    output.complain("four", None)

    assert capsys.readouterr() == (
        "",
        "one [bold]\nerror: two [/nope]\nnext:  three\nerror: four\n",
    )


def test_quiet_silences_remarks_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(quiet=True)
    output.remark("one")
    output.complain("two", "three")
    output.write(RESULT, OutputFormat.TABLE)

    assert capsys.readouterr() == (
        "[bold]the table[/nope]\n",
        "error: two\nnext:  three\n",
    )


@given(text=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_reaches_a_terminal_as_a_code(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    output = Output()
    output.remark(text)
    output.complain(text, text)

    assert all(line.isprintable() for line in capsys.readouterr().err.split("\n"))


def test_a_long_line_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    Output().complain("word " * 100, None)

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_table_may_be_wider_than_the_terminal_if_it_has_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.table import Table

    def table() -> Table:
        drawn = Table("x" * 60, "y" * 60)
        drawn.add_row("1", "2")
        return drawn

    monkeypatch.setenv("COLUMNS", "80")
    parts: dict[str, Any] = {
        "table": table,
        "document": dict,
        "records": list,
        "columns": (),
        "rows": list,
    }
    Output().write(Result(**parts), OutputFormat.TABLE)
    narrow = capsys.readouterr().out
    Output().write(Result(**parts, as_wide_as_needed=True), OutputFormat.TABLE)
    wide = capsys.readouterr().out

    assert max(map(len, narrow.splitlines())) == 80
    assert "x" * 60 in wide
    assert "y" * 60 in wide


def test_without_a_terminal_no_progress_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with Output().progress("Asking", 3) as advance:
        advance("ES")

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("encoding", "written"), [("utf-8", '"É"'), ("UTF8", '"É"'), ("iso-8859-15", '"\\u00c9"')]
)
def test_json_needs_no_character_that_the_stream_may_lack(
    monkeypatch: pytest.MonkeyPatch, encoding: str, written: str
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    result = Result(table=str, document=lambda: "É", records=list, columns=(), rows=list)

    Output().write(result, OutputFormat.JSON)

    assert stream.buffer.getvalue().decode(encoding) == written + "\n"


HOSTILE = "a\x1b]0;title\x07\x9b2J\x7f\r\u202eb\u2028c"


@pytest.mark.parametrize("format_", OutputFormat)
@pytest.mark.parametrize("color", [False, True])
def test_no_text_of_a_result_acts_on_a_terminal(
    capsys: pytest.CaptureFixture[str], format_: OutputFormat, color: bool
) -> None:
    from rich.table import Table

    def table() -> Table:
        drawn = Table(HOSTILE, title=HOSTILE)
        drawn.add_row(Text(HOSTILE))
        return drawn

    rows = [{"note": HOSTILE}]
    result = Result(
        table=table,
        document=lambda: rows,
        records=lambda: rows,
        columns=("note",),
        rows=lambda: rows,
    )
    output = Output(color=color)
    output.write(result, format_)
    output.write_text(HOSTILE)
    output.show_on_stderr(table())

    for written in capsys.readouterr():
        assert "title" in written
        assert all(each in "\t\n" or each.isprintable() for each in written)


def test_a_table_keeps_its_own_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    text = Text(f"x{HOSTILE}", style="red")
    parts = {"document": dict, "records": list, "columns": (), "rows": list}
    Output().write(Result(table=lambda: text, **parts), OutputFormat.TABLE)  # type: ignore[arg-type]

    assert stream.getvalue().startswith("\x1b[31mx")
    assert stream.getvalue().count("\x1b") == 2
