"""What several symbols mean together."""

from __future__ import annotations

from example_products import NOW
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from ibkr_sync.application.resolution.named_products import name_products
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.naming.query import FutureQuery
from one_case import one_case


@one_case(
    ("symbols", "queries"),
    [
        (["EUR", "6E"], [FutureQuery(symbol="EUR", trading_class="6E")]),
        (["6E", "EUR", "6EZ6"], [FutureQuery(symbol="EUR", trading_class="6E")]),
        (["ES", "ES@CME"], [FutureQuery(symbol="ES", exchange="CME")]),
        (["ES@CME", "es"], [FutureQuery(symbol="ES", exchange="CME")]),
        (["ES", "NQ"], [FutureQuery(symbol="ES"), FutureQuery(symbol="NQ")]),
    ],
)
def test_a_product_is_asked_for_once_by_its_narrowest_name(
    symbols: list[str], queries: list[FutureQuery]
) -> None:
    stored: InMemoryFutureRepository[Future] = InMemoryFutureRepository(Future, FakeClock(NOW))
    resolver = SymbolResolver(load_catalogue(), InMemoryPins(), stored, FakeClock(NOW))
    named = name_products(resolver, symbols, Limits(), source_decides=True)
    assert list(named.names) == queries
    assert sum(len(name) for name in named.names.values()) == len(symbols)
