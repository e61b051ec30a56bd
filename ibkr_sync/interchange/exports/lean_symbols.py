"""Products as QuantConnect's Lean knows them: rows of its symbol properties, and IBKR's names.

Lean cuts each line at every comma, without quotes, and refuses a file with one market and symbol
twice; the map has one name for each symbol of IBKR's (Lean 24863901, LEAN.IB d154917).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import ProductKey, agreed_value
from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync.interchange.product_document import number_in_document

PROPERTIES_FILE: Final = "symbol-properties-database.csv"
MAP_FILE: Final = "IB-symbol-map.json"

COLUMNS: Final = (
    *("market", "symbol", "type", "description", "quote_currency", "contract_multiplier"),
    *("minimum_price_variation", "lot_size", "market_ticker", "minimum_order_size"),
    *("price_magnifier", "strike_multiplier"),
)

MARKETS: Final[Mapping[str, str]] = {
    **{exchange: exchange.lower() for exchange in ("CME", "CBOT", "NYMEX", "COMEX", "CFE")},
    **{exchange: exchange.lower() for exchange in ("EUREX", "HKFE", "SGX", "NYSELIFFE")},
    "NYBOT": "ice",
    "KSE": "krx",
    "NSE": "india",
}
"""Lean's market by IBKR's exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    key: ProductKey
    market: str
    code: str
    cells: tuple[str, ...]
    multiplier: Decimal
    is_living: bool

    @property
    def rank(self) -> tuple[bool, bool, Decimal]:
        """The highest has a name that several would have: it trades, is called so, is largest."""
        return self.is_living, self.code == self.key.symbol, self.multiplier


def build(products: Iterable[ExportedProduct], at: datetime) -> Iterator[FilePart | ExportNote]:
    """Give both files; a product without market, multiplier or tick is in neither."""
    rows: list[_Row] = []
    for item in products:
        read = _read(item, at)
        if isinstance(read, _Row):
            rows.append(read)
            if item.row is None:
                reason = "the exchange's own code is not known, the trading class stands for it"
                yield _note(NoteKind.UNKNOWN, reason, read.key)
        else:
            yield _note(NoteKind.LEFT_OUT, read, item.product.key)
    rows.sort(key=lambda row: row.rank, reverse=True)
    properties: dict[tuple[str, str], _Row] = {}
    for row in rows:
        if properties.setdefault((row.market, row.code), row) is not row:
            reason = f"not in {PROPERTIES_FILE}, as another has its code in its market"
            yield _note(NoteKind.COLLISION, reason, row.key)
    lines = [COLUMNS, *(properties[name].cells for name in sorted(properties))]
    content = "".join(",".join(cells) + "\n" for cells in lines)
    yield FilePart(path=PROPERTIES_FILE, content=content.encode())
    yield from _symbol_map(properties.values())


def _symbol_map(rows: Iterable[_Row]) -> Iterator[FilePart | ExportNote]:
    """The map from IBKR's symbols, which has one code a symbol, and only those that differ."""
    by_symbol: dict[str, _Row] = {}
    by_code: dict[str, _Row] = {}
    for row in sorted(rows, key=lambda row: row.rank, reverse=True):
        mapped = by_symbol.setdefault(row.key.symbol, row)
        named = by_code.setdefault(row.code, row)
        if row.code not in (mapped.code, row.key.symbol) or named.key.symbol != row.key.symbol:
            reason = f"not in {MAP_FILE}, as another has its symbol or its code"
            yield _note(NoteKind.COLLISION, reason, row.key)
    names = {
        symbol: row.code
        for symbol, row in sorted(by_symbol.items())
        if row.code != symbol and by_code[row.code] is row
    }
    yield FilePart(path=MAP_FILE, content=json.dumps({"Future": names}, indent=2).encode() + b"\n")


def _read(item: ExportedProduct, at: datetime) -> _Row | str:
    """The row of a product, or why there can't be one."""
    product = item.living(at)
    market = MARKETS.get(product.exchange)
    if market is None:
        return "Lean has no market for its exchange"
    if product.multiplier is None or product.min_tick is None:
        return "its multiplier or tick is not known, or differs by month"
    code = _cell(item.exchange_code)
    least: Decimal | None = agreed_value(product.contracts, "min_size")
    magnifier = product.price_magnifier
    cells = (
        *(market, code, "future", _cell(item.name or ""), _cell(product.currency)),
        number_in_document(product.multiplier),
        number_in_document(product.min_tick),
        *("1", "", "" if least is None else number_in_document(least)),
        *("" if magnifier is None else str(magnifier), ""),
    )
    return _Row(
        key=product.key,
        market=market,
        code=code,
        cells=cells,
        multiplier=product.multiplier,
        is_living=bool(item.product.living(at)),
    )


def _cell(text: str) -> str:
    """Text without commas, which Lean would take for the end of the cell."""
    return " ".join(harmless_text(text).replace(",", " ").split())


def _note(kind: NoteKind, reason: str, key: ProductKey) -> ExportNote:
    return ExportNote(kind=kind, reason=reason, subject=str(key))
