"""Where results and remarks go: results to stdout in one of five formats, the rest to stderr."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Self, TextIO

from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.domain.untrusted_text import harmless_line, harmless_text
from ibkr_sync.interchange.files.replaced_file import replace_file
from ibkr_sync.interchange.formula_safety import neutralise_formula
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.columns import cells_table, chosen_columns, refuse_columns
from ibkr_sync_cli.terminal.replaced_characters import replaced_characters

if TYPE_CHECKING:  # a pipe needs no drawing
    from pathlib import Path

    from rich.console import Console, RenderableType

_ORIGIN = "origin"
_FORCES_COLOUR = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE"})
_UTF_8 = "utf-8"


class OutputFormat(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"

    @classmethod
    def of_file(cls, file: Path | None) -> Self | None:
        """The format that the ending of a file's name says, as `.json` or `.csv`."""
        endings = {f".{self.value}": self for self in cls}
        return None if file is None else endings.get(file.suffix.lower())


_WHOLE_FORMATS = (OutputFormat.CSV, OutputFormat.TSV)
"""What was asked for by its name has every line: it can be read again as a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A command's result in every shape it can be written in; each is made when asked for.

    Attributes:
        table: for people.
        document: one JSON value.
        records: the JSON values of JSON lines.
        columns: names of the columns of CSV and TSV.
        rows: their raw values, by column.
        usual_columns: those that a pipe gets where nothing was asked for; all if None.
        usual_rows: the lines of the table, which a pipe gets then; all if None.
    """

    table: Callable[[], RenderableType]
    document: Callable[[], object]
    records: Callable[[], Iterable[object]]
    columns: Sequence[str]
    rows: Callable[[], Iterable[Mapping[str, str]]]
    usual_columns: Sequence[str] | None = None
    usual_rows: Callable[[], Iterable[Mapping[str, str]]] | None = None


class Output:
    """Writes results and remarks; stdout carries results and nothing else.

    `color` says whether terminals get escape codes at all; `command` writes the commands that
    the user is to type next; `columns` are those asked for by name, and `file` is where results go
    instead of to stdout.
    """

    def __init__(self, *, color: bool = True, quiet: bool = False) -> None:
        self.color = color and not os.environ.get("NO_COLOR")
        self.quiet = quiet
        self.command = NextCommand()
        self.columns: Sequence[str] = ()
        self.file: Path | None = None
        self._in_file: list[str] = []

    @cached_property
    def _stdout(self) -> Console:
        return _console(color=self.color and self.file is None, encoding=self._encoding)

    @cached_property
    def _stderr(self) -> Console:
        return _console(color=self.color, encoding=sys.stderr.encoding or _UTF_8, stderr=True)

    @property
    def _has_colours(self) -> bool:
        """Whether stderr may have escape codes; where not, rich is not loaded for it."""
        may_have = sys.stderr.isatty() or not _FORCES_COLOUR.isdisjoint(os.environ)
        return self.color and may_have

    @property
    def _encoding(self) -> str:
        """Of the results: files are in UTF-8."""
        return (sys.stdout.encoding if self.file is None else None) or _UTF_8

    def format_for(self, wanted: OutputFormat | None) -> OutputFormat:
        """The format asked for, else a table on a terminal and TSV anywhere else."""
        if wanted is not None:
            return wanted
        is_terminal = self.file is None and sys.stdout.isatty()
        return OutputFormat.TABLE if is_terminal else OutputFormat.TSV

    def write(self, result: Result, wanted: OutputFormat | None) -> None:
        """Write a result to stdout or the file; raises BadParameter for columns it has not."""
        format_ = self.format_for(wanted)
        columns = self._columns_of(result, wanted)
        rows = result.rows if wanted in _WHOLE_FORMATS else result.usual_rows or result.rows
        match format_:
            case OutputFormat.TABLE if self.columns:
                table = cells_table(columns, rows())
                _widen(self._stdout, table)
                self._emit(_drawn(self._stdout, table))
            case OutputFormat.TABLE:
                self._emit(_drawn(self._stdout, result.table()))
            case OutputFormat.JSON:
                self._emit(self._json(result.document(), indent=2))
            case OutputFormat.JSONL:
                self._emit("".join(map(self._json, result.records())))
            case OutputFormat.CSV:
                self._emit(_delimited(columns, rows(), ",", _harmless_cell))
            case OutputFormat.TSV:
                self._emit(_delimited(columns, rows(), "\t", harmless_line))
        if self.columns and _ORIGIN in result.columns and _ORIGIN not in columns:
            self._mark_sample_data(result)

    def write_text(self, text: str) -> None:
        """Write text to stdout or the file; raises BadParameter if columns were asked for."""
        if self.columns:
            refuse_columns("this prints no table")
        self._emit(harmless_text(text if text.endswith("\n") else text + "\n"))

    def remark(self, text: str, style: str = "") -> None:
        """Say something on stderr, unless the user wants it quiet."""
        if not self.quiet:
            self._print((_harmless(text), style))

    def note(self, text: str) -> None:
        """Say on stderr what to know of the result, unless the user wants it quiet."""
        self.remark(f"note: {text}", style="yellow")

    def complain(self, sentence: str, next_step: str | None) -> None:
        """Say on stderr what went wrong and what to do next; never silenced."""
        self._print(("error: ", "bold red"), _harmless(sentence))
        self.advise(next_step)

    def complain_unwritten(self, sentence: str, error: OSError) -> None:
        """Say on stderr what kept something from being written, and what to do next."""
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        step = "Make room there, or write it elsewhere." if is_full else "Write it elsewhere."
        self.complain(f"{sentence}: {error.strerror or error}.", step)

    def warn(self, sentence: str) -> None:
        """Say on stderr what went wrong beside the result; never silenced."""
        self._print(("warning: ", "yellow"), _harmless(sentence))

    def advise(self, next_step: str | None) -> None:
        """Say on stderr what to do next, if anything."""
        if next_step:
            self._print(("next:  ", "bold"), _harmless(next_step))

    def live_console(self) -> Console | None:
        """Stderr, where it can show what changes: on a terminal with colours, unless quiet."""
        if self.quiet or not self._has_colours:
            return None
        return None if self._stderr.color_system is None else self._stderr

    def show_on_stderr(self, renderable: RenderableType) -> None:
        """Print a table that belongs to an error."""
        _send(_drawn(self._stderr, renderable), sys.stderr)

    def _print(self, *parts: str | tuple[str, str]) -> None:
        """Print texts, or texts with their style, as one; in a pipe without rich."""
        if not self._has_colours:
            plain = "".join(part if isinstance(part, str) else part[0] for part in parts)
            replaced = replaced_characters(sys.stderr.encoding or _UTF_8)
            _send(harmless_text(plain).translate(replaced) + "\n", sys.stderr)
            return
        from rich.text import Text

        _send(_drawn(self._stderr, Text.assemble(*parts), soft_wrap=True), sys.stderr)

    def _columns_of(self, result: Result, wanted: OutputFormat | None) -> Sequence[str]:
        if self.columns and self.format_for(wanted) in (OutputFormat.JSON, OutputFormat.JSONL):
            refuse_columns("JSON is always whole: columns are those of tables, CSV and TSV")
        if self.columns:
            return chosen_columns(self.columns, result.columns)
        usual = result.usual_columns if wanted is None else None
        return result.columns if usual is None else usual

    def _mark_sample_data(self, result: Result) -> None:
        from ibkr_sync.domain.entities.futures import Origin

        if any(row.get(_ORIGIN) == Origin.SAMPLE for row in result.rows()):
            self.note("this is sample data")

    def _json(self, value: object, indent: int | None = None) -> str:
        is_unicode = self._encoding.lower().replace("-", "").startswith("utf")
        text = json.dumps(value, indent=indent, ensure_ascii=not is_unicode)
        return harmless_text(text) + "\n"

    def _emit(self, text: str) -> None:
        failure = _send(text, sys.stdout) if self.file is None else self._put_in(self.file, text)
        if failure is not None and not isinstance(failure, BrokenPipeError):
            place = "" if self.file is None else f" to {self.file}"
            self.complain_unwritten(f"The result can't be written{place}", failure)
            sys.exit(1)

    def _put_in(self, file: Path, text: str) -> OSError | None:
        """Replace the file by one with all that was written so far."""
        self._in_file.append(text)
        try:
            replace_file(file, (written.encode(_UTF_8) for written in self._in_file))
        except OSError as error:
            return error
        return None


def _console(*, color: bool, encoding: str, stderr: bool = False) -> Console:
    from ibkr_sync_cli.terminal.harmless_console import HarmlessConsole

    return HarmlessConsole(
        written_in=encoding,
        stderr=stderr,
        color_system="auto" if color else None,  # None: not even bold, no escape code at all
        highlight=False,
        markup=False,
        emoji=False,
    )


def _drawn(console: Console, renderable: RenderableType, *, soft_wrap: bool = False) -> str:
    with console.capture() as capture:
        console.print(renderable, soft_wrap=soft_wrap, crop=False)
    return capture.get()


def _widen(console: Console, renderable: RenderableType) -> None:
    from rich.measure import Measurement

    unbounded = console.options.update(max_width=sys.maxsize)
    needed = Measurement.get(console, unbounded, renderable).maximum
    console.width = max(console.width, needed)


def _harmless(text: str) -> str:
    return "\n".join(safe_text(line) for line in text.split("\n"))


def _delimited(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, str]],
    delimiter: str,
    guard: Callable[[str], str],
) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guard(row.get(column, "")) for column in columns])
    return buffer.getvalue()


def _harmless_cell(text: str) -> str:
    return neutralise_formula(harmless_text(text))


def _send(text: str, stream: TextIO) -> OSError | None:
    """Write text; gives what kept it from being written, after which the stream is silent.

    A reader that has seen enough (`head`) ends nothing: the work goes on, with its exit code.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None
