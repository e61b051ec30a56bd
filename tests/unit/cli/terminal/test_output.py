"""Results go to stdout as asked for, everything else to stderr, and nothing harmful to either."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.text import Text

from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync_cli.terminal.columns import parse_columns
from ibkr_sync_cli.terminal.output import Output, OutputFormat, Result
from ibkr_sync_cli.terminal.result_file import parse_result_file, refuse_folder
from one_case import one_case

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
        (OutputFormat.TSV, 'name\tnote\tabsent\nÉ=1\t=1+1\t\nb\\u0009c\t"x,""y""\\u000az"\t\n'),
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


def table_of(**parts: Any) -> Result:
    return Result(
        **{
            "table": lambda: Text("-"),
            "document": dict,
            "records": list,
            "columns": tuple(parts["rows"]()[0]),
            **parts,
        }
    )


NAMED = table_of(
    rows=lambda: [
        {"symbol": "ES", "con_id": "7", "origin": "sample", "note": "x" * 100},
        {"symbol": "CL", "con_id": "60", "origin": "sample", "note": ""},
    ],
    usual_columns=("symbol",),
)
MARK = "note: this is sample data\n"
DRAWN = "symbol  con_id\n──────────────\nES           7\nCL          60\n"


def test_a_pipe_gets_the_usual_columns_and_a_format_that_is_asked_for_all_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Output().write(NAMED, None)
    usual = capsys.readouterr().out
    Output().write(NAMED, OutputFormat.TSV)

    assert usual == "symbol\nES\nCL\n"
    assert capsys.readouterr().out.startswith("symbol\tcon_id\torigin\tnote\n")


@pytest.mark.parametrize(
    ("columns", "format_", "written", "message"),
    [
        ("con-id, Symbol", None, "con_id\tsymbol\n7\tES\n60\tCL\n", MARK),
        ("origin,con_id", OutputFormat.CSV, "origin,con_id\nsample,7\nsample,60\n", ""),
        ("symbol,con_id", OutputFormat.TABLE, DRAWN, MARK),
    ],
)
def test_columns_are_written_as_named_and_sample_data_is_marked_beside_them(
    capsys: pytest.CaptureFixture[str],
    columns: str,
    format_: OutputFormat | None,
    written: str,
    message: str,
) -> None:
    output = Output()
    output.columns = parse_columns(columns)
    output.write(NAMED, format_)

    assert capsys.readouterr() == (written, message)


def test_a_table_of_named_columns_is_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    output = Output()
    output.columns = ("all",)
    output.write(NAMED, OutputFormat.TABLE)

    assert "x" * 100 in capsys.readouterr().out


@one_case(
    ("columns", "format_", "message"),
    [
        ("con_i", None, "did you mean 'con_id'"),
        ("xyz", None, "there are: symbol, con_id"),
        ("symbol", OutputFormat.JSON, "JSON is always whole"),
    ],
)
def test_columns_that_are_not_there_are_refused(
    columns: str, format_: OutputFormat | None, message: str
) -> None:
    output = Output()
    output.columns = parse_columns(columns)
    with pytest.raises(typer.BadParameter, match=message):
        output.write(NAMED, format_)


class TestAFile:
    def output(self, file: Path) -> Output:
        output = Output()
        output.file = parse_result_file(str(file))
        return output

    def test_it_gets_all_that_is_written_and_stdout_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "it"
        file.write_text("before")
        file.chmod(0o640)
        output = self.output(file)
        output.write(NAMED, None)
        output.write_text("é")

        assert file.read_text("utf-8") == "symbol\nES\nCL\né\n"
        assert file.stat().st_mode & 0o777 == 0o640
        assert list(tmp_path.iterdir()) == [file]
        assert capsys.readouterr().out == ""

    def test_a_link_stays_one_and_a_device_a_device(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "there.csv")
        self.output(tmp_path / "link").write_text("1")
        self.output(Path(os.devnull)).write_text("1")

        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "there.csv").read_text() == "1\n"
        assert Path(os.devnull).is_char_device()

    def test_what_can_not_be_written_leaves_the_file_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        file = tmp_path / "it"
        file.write_text("before")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(SystemExit, match="1"):
            self.output(file).write_text("after")

        said = capsys.readouterr().err
        assert "No space left on device" in said
        assert "next:  Make room there" in said
        assert [(path, path.read_text()) for path in tmp_path.iterdir()] == [(file, "before")]

    def test_where_no_file_can_be_made_nothing_is_begun(self, tmp_path: Path) -> None:
        with pytest.raises(typer.BadParameter, match="does not exist"):
            parse_result_file(str(tmp_path / "none" / "it"))
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        for name in ("loop", "n" * 300):
            with pytest.raises(typer.BadParameter, match="can't be followed"):
                parse_result_file(str(tmp_path / name))
        with pytest.raises(typer.BadParameter, match="is a folder"):
            refuse_folder(tmp_path)

    def test_its_ending_says_the_format(self, tmp_path: Path) -> None:
        endings = {"a.csv": OutputFormat.CSV, "a.JSON": OutputFormat.JSON, "a.txt": None}
        assert {ending: OutputFormat.of_file(tmp_path / ending) for ending in endings} == endings
        assert parse_result_file("-") is None
        reads, writes = os.pipe()
        try:
            assert parse_result_file(f"/dev/fd/{writes}") == Path(f"/dev/fd/{writes}")
        finally:
            os.close(reads)
            os.close(writes)


def test_where_there_is_only_ascii_a_table_is_as_wide_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ibkr_sync_cli.terminal.plain_table import plain_table

    def table() -> object:
        drawn = plain_table(("", False), ("Contract", False), ("Session", False))
        drawn.add_row("▶", "ESZ6", "…")
        return drawn

    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", stream)
    Output().write(table_of(rows=lambda: [{}], table=table), OutputFormat.TABLE)

    assert stream.buffer.getvalue().decode().splitlines() == [
        "   Contract  Session",
        "--------------------",
        ">  ESZ6      ~      ",
    ]


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
        assert all(text in "\t\n" or text.isprintable() for text in written)


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
