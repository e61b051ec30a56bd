"""What is asked for by its names, all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ibkr_sync.application.services.export import WantedProduct
from ibkr_sync.domain.selection.contract_choice import find_contract
from ibkr_sync_cli.arguments.symbols import resolve_symbol, stored_product
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.reports.errors import found_of, report_error
from ibkr_sync_cli.terminal.notices import write_other_year_notice

if TYPE_CHECKING:
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.export import ExportRequest
    from ibkr_sync_cli.terminal.output import Output


def wanted_products(
    output: Output, service: FuturesService[Future], request: ExportRequest
) -> list[WantedProduct] | None:
    """What the symbols mean, None for all that is stored.

    One that means no single product ends the call: a file that lacks it would be taken for whole.
    """
    if not request.symbols:
        return None
    wanted, failures = found_of(
        dict.fromkeys(request.symbols), lambda symbol: _wanted(output, service, symbol, request)
    )
    for failure in failures:
        report_error(output, failure)
    if failures:
        output.remark("Nothing was exported.")
        raise typer.Exit(ExitCode.NOT_FOUND)
    return wanted


def _wanted(
    output: Output, service: FuturesService[Future], symbol: str, request: ExportRequest
) -> WantedProduct:
    is_past = request.moment.as_of is not None
    found = resolve_symbol(output, service, symbol, request.limits, is_past=is_past)
    product = stored_product(output, service, found.query, is_past=is_past)
    if found.contract is not None and not is_past:
        match = find_contract(product, found.contract, request.moment.at)
        write_other_year_notice(output, found.contract, match)
    return WantedProduct(
        key=product.key, multiplier=found.query.multiplier, contract=found.contract
    )
