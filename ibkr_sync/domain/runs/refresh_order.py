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
    for summary in stored:
        by_symbol[summary.key.symbol].append(summary)

    def synced_at(query: FutureQuery) -> datetime:
        matching = [summary for summary in by_symbol.get(query.symbol, ()) if query.covers(summary)]
        return min((summary.synced_at or _NEVER for summary in matching), default=_NEVER)

    return sorted(queries, key=synced_at)
