"""What several typed symbols mean together: each product once, however it is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.selection.contract_choice import ContractWords


@dataclass(slots=True, kw_only=True)
class NamedProducts:
    """What several symbols mean.

    Attributes:
        names: by the query for each product, how it was named: by one of its contracts, or by
            itself, which is None.
        failures: the symbols that mean no single product.
        notices: what the user should know about how the symbols were taken.
    """

    names: dict[FutureQuery, list[ContractWords | None]] = field(default_factory=dict)
    failures: list[FutureFailure] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _queries: dict[ProductKey, FutureQuery] = field(default_factory=dict)

    def add(self, found: SymbolResolution) -> None:
        """Take one more symbol, by what it means."""
        self.names.setdefault(self._query_for(found), []).append(found.contract)
        self.notices.extend(found.notices)

    def _query_for(self, found: SymbolResolution) -> FutureQuery:
        """Give the one query for a product; the narrowest so far."""
        if found.product is None:
            return found.query
        known = self._queries.setdefault(found.product, found.query)
        if known == found.query or _narrowness(known) >= _narrowness(found.query):
            return known
        self._queries[found.product] = found.query
        if known in self.names:
            self.names[found.query] = self.names.pop(known)
        return found.query


def _narrowness(query: FutureQuery) -> int:
    narrowing = (query.exchange, query.currency, query.trading_class, query.multiplier)
    return sum(text is not None for text in narrowing)


def name_products(
    resolver: SymbolResolver, symbols: Iterable[str], limits: Limits, *, source_decides: bool
) -> NamedProducts:
    """Find out what symbols mean (see `SymbolResolver.resolve`).

    Raises MalformedSymbolError or StorageError.
    """
    named = NamedProducts()
    for symbol in symbols:
        try:
            found = resolver.resolve(symbol, limits, source_decides=source_decides)
        except ProductLookupError as error:
            query = FutureQuery(symbol=symbol.strip().upper())
            named.failures.append(FutureFailure(query=query, error=error))
        else:
            named.add(found)
    return named
