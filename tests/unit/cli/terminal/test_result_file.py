"""The file that a result is written to."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from ibkr_sync_cli.terminal.output import OutputFormat
from ibkr_sync_cli.terminal.result_file import refuse_unknown_ending


def test_an_ending_that_promises_another_format_is_refused() -> None:
    for name in ("es.xlsx", "es.parquet", "es.csv.gz", "es.html"):
        with pytest.raises(typer.BadParameter, match=r"is no format; use \.csv"):
            refuse_unknown_ending(Path(name))


def test_what_promises_no_format_or_one_that_is_written_is_taken() -> None:
    for name in ("es", "es.txt", "ES.TXT", "/dev/null", ".hidden"):
        refuse_unknown_ending(Path(name))
    for known in (OutputFormat.CSV, OutputFormat.TSV, OutputFormat.JSON, OutputFormat.JSONL):
        assert OutputFormat.of_file(Path(f"es.{known.value}")) is known
