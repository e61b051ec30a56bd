"""What an export has, and what could not be written as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart


class ExportTally:
    """Counts the products of an export on their way into it, and collects its notes."""

    def __init__(self) -> None:
        self.products = 0
        self.contracts = 0
        self.is_sample = False
        self.notes: list[ExportNote] = []

    def counted(
        self, products: Iterable[ExportedProduct], show: Callable[[str, int, int | None], None]
    ) -> Iterator[ExportedProduct]:
        """The products, which are counted as they are taken; `show` shows how far that is."""
        for item in products:
            self.products += 1
            show(f"Reading product {self.products}: {item.product.symbol}", self.products, None)
            self.contracts += len(item.product.contracts)
            self.is_sample |= item.product.origin is Origin.SAMPLE
            yield item

    def files(self, parts: Iterable[FilePart | ExportNote]) -> Iterator[FilePart]:
        """The parts of files, without the notes between them."""
        for part in parts:
            if isinstance(part, ExportNote):
                self.notes.append(part)
            else:
                yield part
