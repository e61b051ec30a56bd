"""From a symbol that was typed to what it means, with notes about how it was taken."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousProductError
from ibkr_sync_cli.arguments.options import typed_limits
from ibkr_sync_cli.invocation import now
from ibkr_sync_cli.terminal.notices import (
    write_closed_notice,
    write_never_fetched_notice,
    write_notices,
    write_other_year_notice,
)
from ibkr_sync_cli.terminal.output import Output

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.naming.query import FutureQuery

F = TypeVar("F", bound=Future)


def resolve_symbol(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    limits: Limits,
    *,
    source_decides: bool = False,
    is_past: bool = False,
) -> SymbolResolution:
    """Find out what a symbol means (see `SymbolResolver.resolve`, and `resolve_past`)."""
    if is_past:
        found = service.names.resolve_past(symbol, limits)
    else:
        found = service.names.resolve(symbol, limits, source_decides=source_decides)
    write_notices(output, found.notices)
    return found


def product_of_symbol(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    limits: Limits,
    now: datetime,
) -> F:
    """Give the stored product that a symbol means; of a contract the product with it alone."""
    product, contract = find_symbol(output, service, symbol, limits, now)
    return product if contract is None else dataclasses.replace(product, contracts=(contract,))


def find_symbol(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    limits: Limits,
    now: datetime,
) -> tuple[F, FuturesContract | None]:
    """Give the stored product that a symbol means, and the contract if it means one."""
    found = resolve_symbol(output, service, symbol, limits)
    if found.contract is None:
        return stored_product(output, service, found.query), None
    product, match = service.show_contract(found.query, found.contract, now)
    write_other_year_notice(output, found.contract, match)
    return product, match.contract


def stored_product(
    output: Output,
    service: FuturesService[F],
    query: FutureQuery,
    *,
    is_past: bool = False,
    needs_chain: bool = True,
) -> F:
    """Give the stored product that is asked for (see `FuturesService.chain`).

    With notes on sizes that are left out, on a product that is closed, and, unless it
    `needs_chain`, on one whose contracts were never fetched. Of the past it is the one that is
    stored today, whatever sizes it has (see `FuturesService.show_of_any_size`).
    """
    product = service.stored(
        query,
        lambda notice: write_notices(output, (notice,)),
        is_past=is_past,
        needs_chain=needs_chain,
    )
    if product.is_stub:
        write_never_fetched_notice(output, product.key)
    if (closed_at := product.closed_by(now())) is not None:
        write_closed_notice(output, {product.key: closed_at})
    return product


def query_of_product(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    limits: Limits,
    asked: tuple[str, ...],
    *,
    is_past: bool = False,
) -> FutureQuery:
    """Find out which product a symbol means; who names a contract would be answered with another.

    `asked` is the command with its options, to be typed again. Raises ProductLookupError; a
    contract ends the call.
    """
    found = resolve_symbol(output, service, symbol, limits, is_past=is_past)
    if found.contract is not None:
        with suppress(AmbiguousProductError):
            service.chain(found.query)  # raises for what is not stored at all
        refuse_contract(output, symbol, limits, found, asked)
    return found.query


def refuse_contract(
    output: Output, symbol: str, limits: Limits, found: SymbolResolution, asked: tuple[str, ...]
) -> NoReturn:
    """End the call of a command that takes products; `asked` is it with its options."""
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.messages.next_steps import step_to_name_product

    query = found.query
    output.complain(
        f"{symbol} is a contract, and {asked[0]} takes a product.",
        step_to_name_product(
            found.product or (query.symbol, query.exchange, query.trading_class),
            asked,
            (symbol, *typed_limits(limits)),
            output.command,
        ),
    )
    raise typer.Exit(ExitCode.USAGE)
