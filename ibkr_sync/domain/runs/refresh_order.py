"""In which order products are brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.naming.query import FutureQuery

_NEVER = datetime.min.replace(tzinfo=UTC)


def oldest_first_order(
    queries: Iterable[FutureQuery], stored: Iterable[ProductSummary]
) -> list[FutureQuery]:
    """Order queries by the last complete reply for their products, those without one first.

    A run that ends before its time then leaves other products out than the run before it.
    """
    by_symbol: dict[str, list[ProductSummary]] = defaultdict(list)
    for each in stored:
        by_symbol[each.key.symbol].append(each)

    def synced_at(query: FutureQuery) -> datetime:
        meant = [each for each in by_symbol.get(query.symbol, ()) if query.covers(each)]
        return min((each.synced_at or _NEVER for each in meant), default=_NEVER)

    return sorted(queries, key=synced_at)
