"""What is wrong in a table that the user keeps for another system, and its correction."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import typer

from ibkr_sync.domain.errors import UsersTableError
from ibkr_sync.interchange.exports.export_tally import ExportTally
from ibkr_sync.interchange.exports.pysystemtrade.config_table import (
    MAX_BYTES,
    ConfigTable,
    ConfigTableError,
    read_config_table,
)
from ibkr_sync.interchange.exports.pysystemtrade.review import TableReviewer
from ibkr_sync.interchange.files.replaced_file import replace_file
from ibkr_sync.interchange.files.text_file import read_text_file
from ibkr_sync_cli.arguments.options import typed_limits
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.reports.progress import activity
from ibkr_sync_cli.reports.upkeep.wanted_products import wanted_products
from ibkr_sync_cli.reports.upkeep.written_export import writing
from ibkr_sync_cli.units.quantities import first_names, quantity_of
from ibkr_sync_cli.views.files.table_review import table_review_view

if TYPE_CHECKING:
    from pathlib import Path

    from ibkr_sync.bootstrap.services import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.interchange.exports.pysystemtrade.findings import TableReview
    from ibkr_sync_cli.arguments.export import ExportRequest
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output

_SAMPLE: Final = "sample data, which corrects no file"


def report_table_review(call: Call, services: Services[Future], request: ExportRequest) -> ExitCode:
    """Show what is wrong, and correct it if it is to be; exit 6 where something stays wrong.

    Raises UsersTableError, ProductLookupError or StorageError; sample data corrects nothing.
    """
    output, path, tally = call.output, _path(request), ExportTally()
    table = _read_table(path)
    wanted = wanted_products(output, services.futures, request)
    symbols = {row["IBSymbol"] for row in table.rows}
    former = services.futures.former_names({symbol for symbol in symbols if symbol})
    with activity(output, "Exporting") as show:
        products = tally.counted(services.export.products(wanted, request.moment), show)
        reviewer = TableReviewer(products, services.export.catalogue, former, request.moment.at)
    review = reviewer.review(table)
    writes = request.corrects and bool(review.corrections)
    if writes and tally.is_sample:
        output.complain(f"This is {_SAMPLE}.", None)
        raise typer.Exit(ExitCode.USAGE)
    if writes:
        with writing(output, path):
            _write(path, table.corrected(review.corrections))
    output.write(table_review_view(review, is_written=writes), call.wanted)
    _remark(output, review, is_written=writes)
    if tally.is_sample:
        output.note(f"this is {_SAMPLE}")
    is_due = bool(review.corrections) and not writes
    if is_due and not tally.is_sample:
        words = ("export", "--to", request.format.value, *request.symbols)
        output.advise(
            output.command(*words, *typed_limits(request.limits), "-o", str(path), "--yes")
        )
    return ExitCode.STALE if is_due or review.problems else ExitCode.OK


def _path(request: ExportRequest) -> Path:
    if request.path is None:
        raise TypeError("a file of the user's has a path")
    return request.path


def _read_table(path: Path) -> ConfigTable:
    try:
        return read_config_table(read_text_file(path, UsersTableError, max_bytes=MAX_BYTES))
    except ConfigTableError as error:
        raise UsersTableError(str(path), f"line {error.line}", error.detail) from error


def _remark(output: Output, review: TableReview, *, is_written: bool) -> None:
    rows, values = len(review.table.rows), len(review.corrections)
    done = "corrected" if is_written else "to correct"
    judged = f"{rows - len(review.unjudged)} of {quantity_of(rows, 'row')} judged"
    output.remark(f"{judged}, {quantity_of(values, 'value')} {done}")
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for other in review.unjudged:
        by_reason[other.reason].append(other.row["Instrument"] or f"line {other.row.line}")
    for reason, names in by_reason.items():
        output.note(f"not judged, as {reason}: {first_names(names)}")
    if review.unnamed:
        keys = first_names([str(key) for key in review.unnamed])
        output.note(f"stored, and in no row: {keys}")


def _write(path: Path, text: str) -> None:
    """Replace the file; its byte order mark, if it has one, stays."""
    with path.open("rb") as file:
        mark = BOM_UTF8 if file.read(len(BOM_UTF8)) == BOM_UTF8 else b""
    replace_file(path, [mark, text.encode()])
