"""Lean reads what is written for it, as its own reader does."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from example_products import DECEMBER, ES, NOW
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync.interchange.exports.lean_symbols import MAP_FILE, PROPERTIES_FILE, build

OF_LEAN_TEXT = """
    GBP=6B CAD=6C JPY=6J CHF=6S EUR=6E AUD=6A NZD=6N VIX=VX AIGCI=AW AC=EH BRE=6L ZAR=6Z BRR=BTC
    ETHUSDRR=ETH DA=DC BQX=BIO ESTX50=FESX DAX=FDAX DDAX=FDIV TDX=FTDX K200=KM
"""
OF_LEAN = dict(pair.split("=") for pair in OF_LEAN_TEXT.split())
"""The futures of its IB-symbol-map.json that still trade."""


def exported(
    symbol: str, exchange: str, trading_class: str, code: str | None = None, **fields: Any
) -> ExportedProduct:
    """A product with one contract, which has the fields, as far as a contract has them."""
    of_product = {key: fields.pop(key) for key in ("name", "currency") if key in fields}
    key: dict[str, Any] = {"symbol": symbol, "exchange": exchange, "trading_class": trading_class}
    contract = dataclasses.replace(DECEMBER, **key, **fields)
    product: Future = dataclasses.replace(ES, **key, **of_product, contracts=(contract,))
    row = CatalogueProduct(
        **key, currency="USD", category="index", exchange_code=code, sources=("test",)
    )
    return ExportedProduct(
        product=product, row=row if code else None, facts=ProductFacts(), ladders={}
    )


def read(products: Iterable[ExportedProduct]) -> tuple[dict[str, str], list[ExportNote]]:
    parts = list(build(products, NOW))
    files = {part.path: part.content.decode() for part in parts if isinstance(part, FilePart)}
    return files, [part for part in parts if isinstance(part, ExportNote)]


def from_csv_file(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What Lean makes of a file: it cuts at commas, and refuses a key that stands twice."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    lines = [line for line in text.splitlines() if not line.startswith("#") and line.strip()]
    for line in lines[1:]:
        csv = line.split(",")
        assert len(csv) == 12
        assert csv[2] == "future"
        key = (csv[0], csv[1])
        assert key not in entries, "DuplicateNameException"
        entries[key] = {
            "description": csv[3],
            "quoteCurrency": csv[4],
            "contractMultiplier": Decimal(csv[5]),
            "minimumPriceVariation": Decimal(csv[6]),
            "lotSize": Decimal(csv[7]),
            "marketTicker": csv[8],
            "minimumOrderSize": Decimal(csv[9]) if csv[9] else None,
            "priceMagnifier": Decimal(csv[10]) if csv[10] else Decimal(1),
            "strikeMultiplier": Decimal(csv[11]) if csv[11] else Decimal(1),
        }
    return entries


def test_lean_reads_the_rows_and_the_names() -> None:
    corn = {"multiplier": Decimal(5000), "min_tick": Decimal("0.0025"), "price_magnifier": 100}
    files, notes = read(
        [
            exported("ZC", "CBOT", "ZC", "ZC", **corn, name='Corn, "yellow",\t5,000 bushels'),
            exported("EUR", "CME", "6E", "6E", min_tick=Decimal("0.0000005"), name=None),
            exported("K200", "KSE", "K200", "KM", min_size=Decimal(1)),
        ]
    )

    assert notes == []
    assert json.loads(files[MAP_FILE]) == {"Future": {"EUR": "6E", "K200": "KM"}}
    entries = from_csv_file(files[PROPERTIES_FILE])
    assert list(entries) == [("cbot", "ZC"), ("cme", "6E"), ("krx", "KM")]
    assert entries["cbot", "ZC"] == {
        "description": 'Corn "yellow" 5 000 bushels',
        "quoteCurrency": "USD",
        "contractMultiplier": Decimal(5000),
        "minimumPriceVariation": Decimal("0.0025"),
        "lotSize": Decimal(1),
        "marketTicker": "",
        "minimumOrderSize": None,
        "priceMagnifier": Decimal(100),
        "strikeMultiplier": Decimal(1),
    }
    assert entries["cme", "6E"]["minimumPriceVariation"] == Decimal("0.0000005")
    assert entries["krx", "KM"]["minimumOrderSize"] == 1


def test_of_all_products_of_the_catalogue_the_map_says_what_leans_own_says() -> None:
    known = [row for row in load_catalogue().products if row.active]
    products = [
        dataclasses.replace(exported(*row.key, multiplier=row.multiplier), row=row) for row in known
    ]
    files, _ = read(products)
    names = json.loads(files[MAP_FILE])["Future"]

    assert from_csv_file(files[PROPERTIES_FILE])
    assert {symbol: names.get(symbol) for symbol in OF_LEAN} == OF_LEAN


def test_of_a_symbol_that_several_share_the_map_has_the_one_that_is_named_so() -> None:
    files, notes = read(
        [
            exported("DAX", "EUREX", "FDXM", "FDXM", multiplier=Decimal(5)),
            exported("DAX", "EUREX", "FDAX", "FDAX", multiplier=Decimal(25)),
            exported("SI", "COMEX", "SIL", "SIL", multiplier=Decimal(9000)),
            exported("SI", "COMEX", "SI", "SI", multiplier=Decimal(5000)),
        ]
    )

    assert json.loads(files[MAP_FILE]) == {"Future": {"DAX": "FDAX"}}
    assert len(from_csv_file(files[PROPERTIES_FILE])) == 4
    assert {(note.kind, note.subject) for note in notes} == {
        (NoteKind.COLLISION, "DAX@EUREX (FDXM)"),
        (NoteKind.COLLISION, "SI@COMEX (SIL)"),
    }


def test_what_lean_can_not_have_is_left_out_and_noted() -> None:
    files, notes = read(
        [
            exported("ES", "CME", "ES"),
            exported("ES2", "CME", "ESX", "ES", multiplier=Decimal(1)),
            exported("SPI", "SNFE", "AP", "AP"),
            exported("TFM", "CME", "TFM", "TFM", multiplier=None),
            exported("NQ", "CME", "NQ", "NQ", min_tick=None),
        ]
    )

    assert [key for _, key in from_csv_file(files[PROPERTIES_FILE])] == ["ES"]
    assert [(note.kind.value, note.subject.partition("@")[0]) for note in notes] == [
        ("unknown", "ES"),
        ("left_out", "SPI"),
        ("left_out", "TFM"),
        ("left_out", "NQ"),
        ("collision", "ES2"),
    ]
