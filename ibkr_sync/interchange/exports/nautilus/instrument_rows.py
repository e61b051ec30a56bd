"""A contract as the row of NautilusTrader's `FuturesContract`.

Source: `SCHEMAS` of `serialization/arrow/implementations/instruments.py`, the same in 1.221.0 and
1.231.0. Its prices are unmagnified (the adapter divides IBKR's by the magnifier), so that tick and
multiplier go in as they are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import AssetClass
from ibkr_sync.domain.history.events import end_of_trading
from ibkr_sync.interchange.exports.nautilus.contract_details import contract_details
from ibkr_sync.interchange.exports.nautilus.instrument_ids import instrument_id, is_readable

ASSET_CLASSES = {
    AssetClass.INDEX: "INDEX",
    AssetClass.VOLATILITY: "INDEX",
    AssetClass.COMMODITY: "COMMODITY",
    AssetClass.INTEREST_RATE: "DEBT",
    AssetClass.CURRENCY: "FX",
    AssetClass.CRYPTO: "CRYPTOCURRENCY",
    AssetClass.SINGLE_STOCK: "EQUITY",
    AssetClass.UNCLASSIFIED: "ALTERNATIVE",
}


_MOST_DECIMALS = 9
_GREATEST_NUMBER = 9_223_372_036
_YEARS = range(1971, 2262)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def what_is_missing(contract: FuturesContract) -> str | None:
    """Why a contract can be no instrument; None if it can.

    Numbers have the limits of a NautilusTrader without high precision, instants those of
    nanoseconds since 1970.
    """
    if contract.multiplier is None:
        return "its multiplier is not known"
    if contract.min_tick is None:
        return "its minimum tick is not known"
    if not (_fits(contract.multiplier) and _fits(contract.min_tick)):
        return "its multiplier or tick has more digits than NautilusTrader can hold"
    if contract.last_trade_date.year not in _YEARS:
        return "its last trade date is out of the range that NautilusTrader can hold"
    if not is_readable(instrument_id(contract)):
        return "NautilusTrader can't read the id that it would have"
    return None


def instrument_row(exported: ExportedProduct, contract: FuturesContract) -> dict[str, object]:
    """The row of a contract of which nothing is missing: see `parquet_files.instrument_schema`.

    Exact numbers are text, times nanoseconds since 1970. Both times of the row are those when the
    contract was first stored, so that the next export writes the same file again.
    """
    first_seen_at = contract.listing.first_seen_at if contract.listing else _EPOCH
    seen_ns = nanoseconds(max(first_seen_at, _EPOCH))
    tick = canonical_text(contract.min_tick) or ""
    underlying = exported.product.underlying
    return {
        "id": instrument_id(contract),
        "raw_symbol": contract.local_symbol,
        "underlying": contract.underlying_symbol or (underlying.symbol if underlying else None),
        "asset_class": ASSET_CLASSES[exported.product.asset_class],
        "exchange": exported.facts.mic,
        "currency": contract.currency,
        "price_precision": len(tick.partition(".")[2]),
        "size_precision": 0,
        "price_increment": tick,
        "size_increment": "1",
        "multiplier": canonical_text(contract.multiplier) or "",
        "lot_size": "1",
        "activation_ns": 0,
        "expiration_ns": nanoseconds(end_of_trading(contract)),
        "margin_init": "0",
        "margin_maint": "0",
        "maker_fee": "0",
        "taker_fee": "0",
        "info": json.dumps(contract_details(contract)).encode(),
        "ts_event": seen_ns,
        "ts_init": seen_ns,
    }


def nanoseconds(instant: datetime) -> int:
    """Nanoseconds from 1970 to an aware instant."""
    return (instant - _EPOCH) // timedelta(microseconds=1) * 1000


def _fits(value: Decimal) -> bool:
    decimals = (canonical_text(value) or "").partition(".")[2]
    return len(decimals) <= _MOST_DECIMALS and value <= _GREATEST_NUMBER
