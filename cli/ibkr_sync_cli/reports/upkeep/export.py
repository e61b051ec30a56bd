"""What was exported, and what could not be written as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from ibkr_sync.application.services.export import WantedProduct
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.selection.contract_choice import find_contract
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync_cli.arguments.symbols import resolve_symbol, stored_product
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.reports.errors import report_error
from ibkr_sync_cli.terminal.notices import write_other_year_notice
from ibkr_sync_cli.terminal.result_file import replace_file
from ibkr_sync_cli.terminal.result_folder import replace_files
from ibkr_sync_cli.units.quantities import quantity_of

if TYPE_CHECKING:
    from ibkr_sync.application.services.export import ExportMoment
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.exported_product import ExportedProduct
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync_cli.arguments.export import ExportPlace
    from ibkr_sync_cli.terminal.output import Output

_MOST_NAMED = 5


class ExportTally:
    """Counts the products of an export on their way into it, and collects its notes."""

    def __init__(self) -> None:
        self.products = 0
        self.contracts = 0
        self.is_sample = False
        self.notes: list[ExportNote] = []

    def counted(self, products: Iterable[ExportedProduct]) -> Iterator[ExportedProduct]:
        """The products, which are counted as they are taken."""
        for item in products:
            self.products += 1
            self.contracts += len(item.product.contracts)
            self.is_sample |= item.product.origin is Origin.SAMPLE
            yield item

    def files(self, parts: Iterable[FilePart | ExportNote]) -> Iterator[FilePart]:
        """The parts of files, without the notes between them."""
        for part in parts:
            if isinstance(part, ExportNote):
                self.notes.append(part)
            else:
                yield part


def wanted_products(
    output: Output,
    services: Services[Future],
    symbols: Sequence[str] | None,
    limits: Limits,
    moment: ExportMoment,
) -> list[WantedProduct] | None:
    """What the symbols mean, None for all that is stored.

    One that means no single product ends the call: a file that lacks it would be taken for whole.
    """
    if not symbols:
        return None
    wanted: list[WantedProduct] = []
    failures: list[ProductLookupError] = []
    for symbol in dict.fromkeys(symbols):
        try:
            wanted.append(_wanted(output, services.futures, symbol, limits, moment))
        except ProductLookupError as error:
            failures.append(error)
    for failure in failures:
        report_error(output, failure)
    if failures:
        output.remark("Nothing was exported.")
        raise typer.Exit(ExitCode.NOT_FOUND)
    return wanted


def _wanted(
    output: Output,
    service: FuturesService[Future],
    symbol: str,
    limits: Limits,
    moment: ExportMoment,
) -> WantedProduct:
    is_past = moment.as_of is not None
    found = resolve_symbol(output, service, symbol, limits, is_past=is_past)
    product = stored_product(output, service, found.query, is_past=is_past)
    if found.contract is not None and not is_past:
        match = find_contract(product, found.contract, moment.at)
        write_other_year_notice(output, found.contract, match)
    return WantedProduct(
        key=product.key, multiplier=found.query.multiplier, contract=found.contract
    )


def write_export(output: Output, place: ExportPlace, parts: Iterable[FilePart]) -> None:
    """Write an export, whole or not at all; one that can't be written ends the call."""
    try:
        if place.path is None:
            for part in list(parts):  # nothing is written before all is made
                output.write_text(part.content.decode())
        elif place.is_folder:
            replace_files(place.path, ((part.path, part.content) for part in parts))
        else:
            replace_file(place.path, (part.content for part in parts))
    except OSError as error:
        sentence = f"The export can't be written to {place.path}: {error.strerror or error}."
        output.complain(sentence, None)
        raise typer.Exit(ExitCode.UNEXPECTED) from error


def report_export(output: Output, place: ExportPlace, tally: ExportTally) -> ExitCode:
    """Say on stderr what was exported, and what was not; gives the exit code."""
    by_reason: defaultdict[tuple[NoteKind, str], list[str]] = defaultdict(list)
    for note in tally.notes:
        by_reason[note.kind, note.reason].append(note.subject)
    is_partial = False
    for (kind, reason), subjects in by_reason.items():
        if kind is NoteKind.UNKNOWN:
            output.remark(f"note: {reason}: {_named(subjects)}", style="yellow")
        else:
            is_partial = True
            what = f"left out, as {reason}" if kind is NoteKind.LEFT_OUT else reason
            output.warn(f"{what}: {_named(subjects)}")
    if tally.is_sample:
        output.remark("note: this is sample data", style="yellow")
    if place.path is not None:
        products = quantity_of(tally.products, "product")
        contracts = quantity_of(tally.contracts, "contract")
        output.remark(f"{products}, {contracts} → {place.path}")
    return ExitCode.PARTIAL if is_partial else ExitCode.OK


def _named(subjects: Sequence[str]) -> str:
    names = ", ".join(subjects[:_MOST_NAMED])
    more = len(subjects) - _MOST_NAMED
    return f"{names} and {more} more" if more > 0 else names
