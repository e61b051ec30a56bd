"""From a symbol that was typed to what it means, with notes about how it was taken."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync_cli.terminal.notices import write_notices, write_other_year_notice
from ibkr_sync_cli.terminal.output import Output

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.naming.limits import Limits

F = TypeVar("F", bound=Future)


def resolve_symbol(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    limits: Limits,
    *,
    source_decides: bool = False,
) -> SymbolResolution:
    """Find out what a symbol means (see `SymbolResolver.resolve`)."""
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
        return service.show(found.query), None
    product, match = service.show_contract(found.query, found.contract, now)
    write_other_year_notice(output, found.contract, match)
    return product, match.contract
