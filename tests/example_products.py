"""A product with two contracts, one full and one sparse, for tests to vary."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.futures import Future, IndexFuture, Underlying

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

MARCH = FuturesContract(
    con_id=600000002,
    symbol="ES",
    exchange="CME",
    trading_class="ES",
    currency="USD",
    local_symbol="ESH7",
    last_trade_date=date(2027, 3, 19),
)
DECEMBER = FuturesContract(
    con_id=600000001,
    symbol="ES",
    exchange="CME",
    trading_class="ES",
    currency="USD",
    local_symbol="ESZ6",
    last_trade_date=date(2026, 12, 18),
    last_trade_at=datetime(2026, 12, 18, 14, 30, tzinfo=UTC),
    contract_month=ContractMonth(2026, 12),
    real_expiration_date=date(2026, 12, 18),
    multiplier=Decimal(50),
    min_tick=Decimal("0.25"),
    price_magnifier=1,
    venues=(Venue(exchange="CME", market_rule_id=67), Venue(exchange="QBALGO")),
    security_ids=(("ISIN", "XX0000000000"),),
    schedule=sent_hours("20261123:1700-20261124:1600"),
    listing=ContractListing(first_seen_at=NOW, last_seen_at=NOW),
)
ES = IndexFuture(
    symbol="ES",
    exchange="CME",
    trading_class="ES",
    currency="USD",
    name="E-mini S&P 500",
    underlying=Underlying(symbol="ES", sec_type="IND", con_id=11004968),
    multiplier=Decimal(50),
    price_magnifier=1,
    min_tick=Decimal("0.25"),
    time_zone="America/Chicago",
    contracts=(DECEMBER, MARCH),
    synced_at=NOW,
)


def everything(product: Future) -> tuple[object, ...]:
    """All that a product holds; comparing entities leaves hours and listing out."""
    return type(product), _fields(product), *map(_fields, product.contracts)


def _fields(entity: Future | FuturesContract) -> dict[str, Any]:
    # Copying all that is within, as `dataclasses.asdict` does, takes ten times as long.
    return {field.name: getattr(entity, field.name) for field in dataclasses.fields(entity)}
