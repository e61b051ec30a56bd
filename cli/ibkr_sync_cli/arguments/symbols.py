"""From what the user typed to what is meant, telling how it was taken."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.selection.contract_choice import find_contract
from ibkr_sync_cli.terminal.notices import tell_notices, tell_other_year
from ibkr_sync_cli.terminal.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ibkr_sync.application.resolution.inquiry import Resolution
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.selection.contract_choice import ContractWords

F = TypeVar("F", bound=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolOptions:
    """The options that say which of several products is meant."""

    exchange: str | None = None
    currency: str | None = None
    trading_class: str | None = None


@dataclass(slots=True, kw_only=True)
class MeantSymbols:
    """What several symbols mean: the products, contracts of them, and what is nothing."""

    contracts: dict[FutureQuery, list[ContractWords]] = field(default_factory=dict)
    failures: list[FutureFailure] = field(default_factory=list)
    _queries: dict[ProductKey, FutureQuery] = field(default_factory=dict)

    def query_for(self, found: Resolution) -> FutureQuery:
        """Give the one query for a product, however it is named; the narrowest so far."""
        if found.product is None:
            return found.query
        known = self._queries.setdefault(found.product, found.query)
        if known == found.query or (known.exchange and known.trading_class):
            return known
        self._queries[found.product] = found.query
        if known in self.contracts:
            self.contracts[found.query] = self.contracts.pop(known)
        return found.query


def resolve(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    options: SymbolOptions,
    *,
    source_decides: bool = False,
) -> Resolution:
    """Find out what a symbol means (see `SymbolResolver.resolve`)."""
    found = service.names.resolve(
        symbol,
        exchange=options.exchange,
        currency=options.currency,
        trading_class=options.trading_class,
        source_decides=source_decides,
    )
    tell_notices(output, found.notices)
    return found


def show_meant(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    options: SymbolOptions,
    now: datetime,
) -> F:
    """Give the stored product that a symbol means; of a contract the product with it alone."""
    product, contract = find_meant(output, service, symbol, options, now)
    return product if contract is None else dataclasses.replace(product, contracts=(contract,))


def find_meant(
    output: Output,
    service: FuturesService[F],
    symbol: str,
    options: SymbolOptions,
    now: datetime,
) -> tuple[F, FuturesContract | None]:
    """Give the stored product that a symbol means, and the contract if it means one."""
    found = resolve(output, service, symbol, options)
    if found.contract is None:
        return service.show(found.query), None
    product, match = service.show_contract(found.query, found.contract, now)
    tell_other_year(output, found.contract, match)
    return product, match.contract


def resolve_all(
    output: Output,
    service: FuturesService[F],
    symbols: Iterable[str],
    options: SymbolOptions,
    meant: MeantSymbols,
    *,
    source_decides: bool,
) -> None:
    """Fill in what several symbols mean; raises MalformedSymbolError or StorageError."""
    for symbol in symbols:
        try:
            found = resolve(output, service, symbol, options, source_decides=source_decides)
        except ProductLookupError as error:
            failure = FutureFailure(query=FutureQuery(symbol=symbol.strip().upper()), error=error)
            meant.failures.append(failure)
            continue
        contracts = meant.contracts.setdefault(meant.query_for(found), [])
        if found.contract is not None:
            contracts.append(found.contract)


def check_contracts(
    output: Output, updates: Iterable[FutureUpdate[Future]], meant: MeantSymbols, now: datetime
) -> list[ProductLookupError]:
    """Name the contracts that were asked for; gives an error for each that is not there."""
    errors: list[ProductLookupError] = []
    for update in updates:
        for words in meant.contracts.get(update.query, ()):
            try:
                match = find_contract(update.product, words, now)
            except ProductLookupError as error:
                errors.append(error)
                continue
            tell_other_year(output, words, match)
            contract = match.contract
            output.remark(
                f"{words.text}: conId {contract.con_id}, last trade {contract.last_trade_date}"
            )
    return errors
