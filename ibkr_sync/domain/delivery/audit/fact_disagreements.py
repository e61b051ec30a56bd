"""Where IBKR and the catalogue differ in what a product is; IBKR's word is what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ibkr_sync.domain.delivery.audit.disagreements import IBKR, THE_CATALOGUE, Disagreement
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import AssetClass, Future
from ibkr_sync.domain.history.severity import Severity

_STOCK: Final = "STK"
_OF_CONTRACTS: Final = {
    "multiplier": Severity.CRITICAL,
    "price_magnifier": Severity.CRITICAL,
    "min_tick": Severity.NOTICE,
}
"""Fields that contracts have as their product has them, and what it matters that they differ."""


def fact_disagreements(
    product: Future, row: CatalogueProduct, now: datetime
) -> Iterator[Disagreement]:
    """Compare a product that IBKR described with its row of the catalogue.

    Where either says nothing of a field, there is nothing to compare. Of contracts that trade at
    the aware instant `now` those are named whose value is neither.
    """
    if row.symbol != product.symbol:
        yield _found(product, None, "symbol", product.symbol, row.symbol, Severity.NOTICE)
    if row.currency != product.currency:
        yield _found(product, None, "currency", product.currency, row.currency, Severity.CRITICAL)
    for field, severity in _OF_CONTRACTS.items():
        known, own = getattr(row, field), getattr(product, field)
        if known is None:
            continue
        if own is not None and own != known:
            yield _found(product, None, field, own, known, severity)
        for contract in product.unexpired(now):
            value = getattr(contract, field)
            if value not in (None, known, own):
                yield _found(product, contract, field, value, known, severity)
    sec_type = product.underlying.sec_type if product.underlying else None
    is_stock = row.asset_class is AssetClass.SINGLE_STOCK
    if sec_type is not None and is_stock != (sec_type == _STOCK):
        expected = _STOCK if is_stock else row.category.replace("_", " ")
        yield _found(product, None, "underlying", sec_type, expected, Severity.NOTICE)


def _found(  # noqa: PLR0917 - one line each above
    product: Future,
    contract: FuturesContract | None,
    field: str,
    value: object,
    known: object,
    severity: Severity,
) -> Disagreement:
    return Disagreement(
        product=product.key,
        contract=contract,
        field=field,
        value=_text(value),
        source=IBKR,
        other=_text(known),
        other_source=THE_CATALOGUE,
        severity=severity,
    )


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
