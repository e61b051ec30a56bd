"""Dates of deliveries that the user got elsewhere: from rows of a file to stored contracts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.delivery import CUTOFFS
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery, ImportedRow, KeptImports
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.ports.deliveries import DeliveriesPort

_CME_GROUP: Final = ("CME", "CBOT", "NYMEX", "COMEX")
"""Exchanges on whose calendars a product is named by its code alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryImport:
    """What became of a file.

    Attributes:
        unknown: the products that nobody knows by the names in it; nothing of them is kept.
        kept: what became of the imports; None of a dry run.
    """

    imports: tuple[ImportedDelivery, ...]
    unknown: tuple[str, ...]
    kept: KeptImports | None = None


def held_until_close_out(row: ImportedRow, days: BusinessDays) -> ImportedRow:
    """A row whose cut-offs are the days on which IBKR begins to close out.

    IBKR's table has the cut-offs themselves, and how many business days before them that is.
    """
    if not row.close_out_days:
        return row
    dates = {
        name: days.before(day, row.close_out_days) if name in CUTOFFS else day
        for name, day in row.dates.items()
    }
    return dataclasses.replace(row, dates=dates, close_out_days=0)


class DeliveryImportService:
    """Keeps what the user got elsewhere, and dates the stored contracts by it."""

    def __init__(
        self, stored: DeliveriesPort, catalogue: ProductCatalogue, book: DeliveryBook
    ) -> None:
        self._stored = stored
        self._book = book
        self._catalogue = catalogue

    def keep(
        self,
        rows: Iterable[ImportedRow],
        day: date,
        product: ProductKey | None = None,
        *,
        dry_run: bool = False,
    ) -> DeliveryImport:
        """Keep the rows of a file that is of a day; `product` is for a file that names none.

        Raises AlreadyRunningError or StorageError.
        """
        imports: list[ImportedDelivery] = []
        unknown: dict[str, None] = {}
        for row in rows:
            found = self._product_of(row, product)
            if found is None and row.con_id is None:
                unknown[row.code or "a product that the file does not name"] = None
            elif found is None:
                imports.append(row.on_product(None, None, day))
            else:
                held = held_until_close_out(row, self._business_days_of(*found))
                imports.append(held.on_product(*found, day))
        kept = None if dry_run or not imports else self._stored.keep_imports(imports)
        return DeliveryImport(imports=tuple(imports), unknown=tuple(unknown), kept=kept)

    def _business_days_of(self, exchange: str, trading_class: str) -> BusinessDays:
        row = self._catalogue.row_of_class(exchange, trading_class)
        category = None if row is None else row.category
        return self._book.business_days_of(exchange, trading_class, category)

    def _product_of(self, row: ImportedRow, product: ProductKey | None) -> tuple[str, str] | None:
        """Exchange and trading class, as IBKR calls them."""
        if row.con_id is not None:
            return None
        if row.code is None:
            return None if product is None else (product.exchange, product.trading_class)
        exchange = row.exchange
        if exchange is not None:
            exchange = self._catalogue.current_exchange(exchange.upper(), row.code)
        allowed = _CME_GROUP if exchange is None else (exchange,)
        known = {
            (other.exchange, other.trading_class or other.symbol)
            for other in self._catalogue.known_as(row.code)
            if other.exchange in allowed and row.code in (other.trading_class, other.exchange_code)
        }
        if len(known) == 1:
            return known.pop()
        # IBKR's own table has IBKR's names, whether the catalogue knows them or not.
        is_ibkrs = row.origin is ImportOrigin.IBKR_CLOSE_OUT
        return (exchange, row.code) if is_ibkrs and exchange is not None else None
