"""Where results and remarks go: results to stdout in one of five formats, the rest to stderr."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from rich.console import Console, RenderableType
from rich.text import Text

from ibkr_sync.domain.formula_safety import neutralise_formula


class OutputFormat(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A command's result in every shape it can be written in; each is made when asked for.

    Attributes:
        table: for people.
        document: one JSON value.
        records: the JSON values of JSON lines.
        columns: names of the columns of CSV and TSV.
        rows: their raw values, by column.
    """

    table: Callable[[], RenderableType]
    document: Callable[[], object]
    records: Callable[[], Iterable[object]]
    columns: Sequence[str]
    rows: Callable[[], Iterable[Mapping[str, str]]]


class Output:
    """Writes results and remarks; stdout carries results and nothing else."""

    def __init__(self, *, color: bool = True, quiet: bool = False) -> None:
        no_color = None if color else True  # None leaves it to NO_COLOR and the terminal
        self._stdout = Console(no_color=no_color, highlight=False, markup=False, emoji=False)
        self._stderr = Console(
            stderr=True, no_color=no_color, highlight=False, markup=False, emoji=False
        )
        self._quiet = quiet

    def format_for(self, wanted: OutputFormat | None) -> OutputFormat:
        """The format asked for, else a table on a terminal and TSV anywhere else."""
        if wanted is not None:
            return wanted
        return OutputFormat.TABLE if self._stdout.is_terminal else OutputFormat.TSV

    def write(self, result: Result, wanted: OutputFormat | None) -> None:
        """Write a result to stdout."""
        match self.format_for(wanted):
            case OutputFormat.TABLE:
                self._print(result.table())
            case OutputFormat.JSON:
                self._emit(json.dumps(result.document(), indent=2, ensure_ascii=False) + "\n")
            case OutputFormat.JSONL:
                for record in result.records():
                    self._emit(json.dumps(record, ensure_ascii=False) + "\n")
            case OutputFormat.CSV:
                self._emit(_delimited(result, ",", neutralise_formula))
            case OutputFormat.TSV:
                self._emit(_delimited(result, "\t", str))

    def write_text(self, text: str) -> None:
        """Write text to stdout as it is."""
        self._emit(text if text.endswith("\n") else text + "\n")

    def remark(self, text: str, style: str = "") -> None:
        """Tell something on stderr, unless the user wants it quiet."""
        if not self._quiet:
            self._stderr.print(Text(text, style=style), soft_wrap=True)

    def complain(self, sentence: str, next_step: str | None) -> None:
        """Tell on stderr what went wrong and what to do next; never silenced."""
        self._stderr.print(Text.assemble(("error: ", "bold red"), sentence), soft_wrap=True)
        self.advise(next_step)

    def advise(self, next_step: str | None) -> None:
        """Tell on stderr what to do next, if anything."""
        if next_step:
            self._stderr.print(Text.assemble(("next:  ", "bold"), next_step), soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[str], None]]:
        """A bar on stderr while several things are done; on a terminal only.

        Gives a function to call with the name of each thing that is done.
        """
        if self._quiet or total <= 1 or not self._stderr.is_terminal:
            yield lambda _: None
            return
        from rich.progress import Progress

        with Progress(console=self._stderr, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda name: bar.update(task, advance=1, description=f"{what} {name}")

    def show_on_stderr(self, renderable: RenderableType) -> None:
        """Print a table that belongs to an error."""
        self._stderr.print(renderable)

    def _print(self, renderable: RenderableType) -> None:
        try:
            self._stdout.print(renderable)
            sys.stdout.flush()
        except BrokenPipeError:
            _end_quietly()

    def _emit(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            _end_quietly()


def _delimited(result: Result, delimiter: str, guard: Callable[[str], str]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(
        buffer, result.columns, delimiter=delimiter, lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    for row in result.rows():
        writer.writerow({column: guard(row.get(column, "")) for column in result.columns})
    return buffer.getvalue()


def _end_quietly() -> NoReturn:
    """The reader (`head`) has seen enough: that is no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
