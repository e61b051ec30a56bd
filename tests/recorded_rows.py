"""Rows of contract details that real gateways sent from 2023 to 2026, as they were recorded.

`data/recorded_contracts_2.csv` has them under IBKR's names; "" was not sent, or not recorded.
`recorded` says how far a row was: all of it, or the fields of its contract alone. Where the
library that recorded a row had split the time off its last trade, it is put back with the zone.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ibkr_sync.infrastructure.replay.rows import ContractRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """A recorded row: `sent` by IBKR's names, and the capture it is from."""

    sent: dict[str, str]
    captured: str
    is_whole: bool

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.sent['localSymbol']} {self.sent['conId']} {self.captured}".strip()

    @property
    def last_trade(self) -> str:
        """`lastTradeDateOrContractMonth` as it was on the wire."""
        day, time = self.sent["lastTradeDateOrContractMonth"], self.sent["lastTradeTime"]
        return f"{day} {time} {self.sent['timeZoneId']}" if time else day

    @property
    def row(self) -> ContractRow:
        """The row in which a gateway says this, and nothing besides."""
        sent = self.sent
        return ContractRow(
            symbol=sent["symbol"],
            sec_type=sent["secType"],
            last_trade_date_or_contract_month=self.last_trade,
            last_trade_date=sent["lastTradeDate"],
            exchange=sent["exchange"],
            currency=sent["currency"],
            local_symbol=sent["localSymbol"],
            market_name=sent["marketName"],
            trading_class=sent["tradingClass"],
            con_id=sent["conId"],
            min_tick=sent["minTick"],
            multiplier=sent["multiplier"],
            order_types=sent["orderTypes"],
            valid_exchanges=sent["validExchanges"],
            price_magnifier=sent["priceMagnifier"],
            under_con_id=sent["underConId"],
            long_name=sent["longName"],
            primary_exchange=sent["primaryExchange"],
            contract_month=sent["contractMonth"],
            industry=sent["industry"],
            category=sent["category"],
            subcategory=sent["subcategory"],
            time_zone_id=sent["timeZoneId"],
            trading_hours=sent["tradingHours"],
            liquid_hours=sent["liquidHours"],
            ev_rule=sent["evRule"],
            ev_multiplier=sent["evMultiplier"],
            agg_group=sent["aggGroup"],
            under_symbol=sent["underSymbol"],
            under_sec_type=sent["underSecType"],
            market_rule_ids=sent["marketRuleIds"],
            real_expiration_date=sent["realExpirationDate"],
            stock_type=sent["stockType"],
            min_size=sent["minSize"],
            size_increment=sent["sizeIncrement"],
            suggested_size_increment=sent["suggestedSizeIncrement"],
            settlement_method=sent["settlementMethod"],
        )


def _read(row: dict[str, str]) -> RecordedRow:
    about = {"captured", "form", "recorded", "note"}
    return RecordedRow(
        sent={name: value for name, value in row.items() if name not in about},
        captured=row["captured"],
        is_whole=row["recorded"] == "all",
    )


_FILE = Path(__file__).parent / "data" / "recorded_contracts_2.csv"
with _FILE.open(encoding="utf-8", newline="") as _lines:
    RECORDED_ROWS = tuple(_read(row) for row in csv.DictReader(_lines, strict=True))
