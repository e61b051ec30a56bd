"""E-mini S&P 500 for June 2025 as a real gateway sent it on 2025-05-21, and what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    ContractSeries,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.futures import IndexFuture, Origin, Underlying

RECORDED_AT = datetime(2025, 5, 21, 12, tzinfo=UTC)

TRADING_HOURS = (
    "20250521:1700-20250522:1600;20250522:1700-20250523:1600;20250524:CLOSED;"
    "20250525:1700-20250526:1200;20250526:1700-20250527:1600;20250527:1700-20250528:1600"
)
LIQUID_HOURS = (
    "20250522:0830-20250522:1600;20250523:0830-20250523:1600;20250524:CLOSED;"
    "20250525:1700-20250526:1200;20250527:0830-20250527:1600;20250527:1700-20250528:1600"
)

FRAME = (
    "10|9000|ES|FUT|20250620 08:30 US/Central|0||CME|USD|ESM5|ES|ES|620731015|0.25|50|"
    "ACTIVETIM,WHATIF|CME,QBALGO|1|11004968|E-mini S&P 500||202506||||US/Central|"
    f"{TRADING_HOURS}|{LIQUID_HOURS}|||0|2147483647|ES|IND|67,67|20250620||1|1|1|"
)
"""As recorded from a server between 164 and 181, `|` for NUL; the order types are shortened."""

REQUEST = "9|8|9000|0|ES|FUT|202506|0|||GLOBEX||USD|||0|||"
"""What was asked, `|` for NUL; GLOBEX was still understood then."""


ESM5 = FuturesContract(
    con_id=620731015,
    symbol="ES",
    exchange="CME",
    trading_class="ES",
    currency="USD",
    local_symbol="ESM5",
    last_trade_date=date(2025, 6, 20),
    last_trade_at=datetime(2025, 6, 20, 13, 30, tzinfo=UTC),
    last_trade_text="20250620 08:30 US/Central",
    contract_month=ContractMonth(2025, 6),
    real_expiration_date=date(2025, 6, 20),
    series=ContractSeries.MONTHLY,
    multiplier=Decimal(50),
    min_tick=Decimal("0.25"),
    price_magnifier=1,
    market_name="ES",
    long_name="E-mini S&P 500",
    underlying_con_id=11004968,
    underlying_symbol="ES",
    underlying_sec_type="IND",
    industry=None,
    category=None,
    subcategory=None,
    time_zone="America/Chicago",
    venues=(Venue(exchange="CME", market_rule_id=67), Venue(exchange="QBALGO", market_rule_id=67)),
    order_types=("ACTIVETIM", "WHATIF"),
    security_ids=(),
    economic_value_rule=None,
    economic_value_multiplier=None,
    aggregated_group=None,
    min_size=Decimal(1),
    size_increment=Decimal(1),
    suggested_size_increment=Decimal(1),
    schedule=sent_hours(TRADING_HOURS, LIQUID_HOURS),
)

ES = IndexFuture(
    symbol="ES",
    exchange="CME",
    trading_class="ES",
    currency="USD",
    name="E-mini S&P 500",
    category="index",
    underlying=Underlying(symbol="ES", sec_type="IND", con_id=11004968),
    multiplier=Decimal(50),
    price_magnifier=1,
    min_tick=Decimal("0.25"),
    time_zone="America/Chicago",
    origin=Origin.IBKR,
    contracts=(ESM5,),
    synced_at=RECORDED_AT,
)
