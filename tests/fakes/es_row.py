"""One row of ES, and rows that differ from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ibkr_sync.infrastructure.replay.rows import ContractRow

ES_JUN27 = ContractRow(
    symbol="ES",
    last_trade_date_or_contract_month="20270618 08:30 US/Central",
    exchange="CME",
    currency="USD",
    local_symbol="ESM7",
    market_name="ES",
    trading_class="ES",
    con_id="600000003",
    min_tick="0.25",
    multiplier="50",
    order_types="ACTIVETIM,WHATIF",
    valid_exchanges="CME,QBALGO",
    under_con_id="11004968",
    long_name="E-mini S&P 500",
    contract_month="202706",
    time_zone_id="US/Central",
    trading_hours="20270520:1700-20270521:1600",
    liquid_hours="20270521:0830-20270521:1500",
    under_symbol="ES",
    under_sec_type="IND",
    market_rule_ids="67,67",
    real_expiration_date="20270618",
)


@pytest.fixture
def make_row() -> Callable[..., ContractRow]:
    """Makes rows that differ from one of ES in the given fields."""

    def make(**fields: Any) -> ContractRow:
        return replace(ES_JUN27, **fields)

    return make
