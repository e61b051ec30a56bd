"""Where an accepted reply of IBKR and the catalogue differ; IBKR's word is what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ibkr_sync.catalogue.products import Catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.futures import AssetClass, Future

_STOCK = "STK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A field of a product with the value of each side."""

    field: str
    catalogue: str
    ibkr: str

    def __str__(self) -> str:
        return (
            f"IBKR says {self.field} {self.ibkr}, the catalogue {self.catalogue}; IBKR's is stored"
        )


def disagreements(future: Future, catalogue: Catalogue) -> tuple[Disagreement, ...]:
    """Compare a product that IBKR described with the catalogue, where both say something."""
    row = catalogue.row_of(future.key)
    return () if row is None else tuple(_compare(future, row))


def _compare(future: Future, row: CatalogueProduct) -> Iterator[Disagreement]:
    for field, known, told in (
        ("currency", row.currency, future.currency),
        ("multiplier", row.multiplier, future.multiplier),
        ("price magnifier", row.price_magnifier, future.price_magnifier),
    ):
        if known is not None and told is not None and known != told:
            yield Disagreement(field=field, catalogue=_text(known), ibkr=_text(told))
    sec_type = future.underlying.sec_type if future.underlying else None
    is_stock = row.asset_class is AssetClass.SINGLE_STOCK
    if sec_type is not None and is_stock != (sec_type == _STOCK):
        expected = _STOCK if is_stock else row.category.replace("_", " ")
        yield Disagreement(field="underlying", catalogue=expected, ibkr=sec_type)


def _text(value: str | int | Decimal) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
