"""`import`: dates of deliveries that were got elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImport
    from ibkr_sync.interchange.delivery_files.contradictions import ContradictoryRow
    from ibkr_sync_cli.invocation import Call


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write 2026-11-23") from None


def import_deliveries(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file.", metavar="FILE")],
    product: Annotated[
        str | None,
        typer.Option(
            "--product",
            help="The product of a file that names none, as ICE's: KC@NYBOT.",
            metavar="SYMBOL",
        ),
    ] = None,
    dated: Annotated[
        date | None,
        typer.Option(
            "--dated",
            help="The day that the file is of; when it was last written if not given.",
            metavar="YYYY-MM-DD",
            parser=_parse_day,
        ),
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """Import first notice, delivery and cut-off dates from a file; nothing is fetched.

    It takes IBKR's /trsrv/futures as JSON, a CSV of IBKR's close-out table, CME's product
    calendars, ICE's expiry dates of a product, and Eurex's reference data as JSON. They outrank
    rules; of the same kind the newer file counts.
    """
    from ibkr_sync.domain.naming.limits import UNLIMITED
    from ibkr_sync.interchange.delivery_files.file_on_disk import read_delivery_import
    from ibkr_sync_cli.arguments.delivery_import import day_of_import
    from ibkr_sync_cli.arguments.symbols import product_of_symbol

    call, moment = call_of(context), now()
    read = read_delivery_import(file)
    day = day_of_import(file, dated, moment.date())
    with call.services() as services:
        key = None
        if product is not None:
            service = services.futures
            key = product_of_symbol(call.output, service, product, UNLIMITED, moment).key
        found = services.delivery_import.keep(read.rows, day, key, dry_run=dry_run)
    _report(call, found, read.contradictory, dry_run=dry_run)


def _report(
    call: Call,
    found: DeliveryImport,
    contradictory: Sequence[ContradictoryRow],
    *,
    dry_run: bool,
) -> None:
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.views.files.delivery_import import (
        delivery_import_sentence,
        delivery_import_view,
        refuted_imports_sentence,
    )

    if found.imports:
        call.output.write(delivery_import_view(found, contradictory), call.wanted)
        call.output.remark(delivery_import_sentence(found, dry_run=dry_run))
    if found.kept is not None and found.kept.refuted:
        call.output.remark(f"note: {refuted_imports_sentence(found.kept)}")
        call.output.advise(call.output.command("audit", found.kept.refuted[0].contract.symbol))
    for name in found.unknown:
        _complain_of_unknown(call, name)
    for row in contradictory:
        call.output.complain(f"{row.place} {row.reason}, so it was not kept.", None)
    if found.unknown or contradictory:
        raise typer.Exit(ExitCode.PARTIAL if found.imports else ExitCode.NOT_FOUND)


def _complain_of_unknown(call: Call, name: str) -> None:
    if " " in name:
        step = "Name the product of the file: --product SYMBOL"
    else:
        step = f"Look for it by its name: {call.output.command('catalogue', name)}"
    call.output.complain(f"{name} is not known, so nothing of it was kept.", step)
