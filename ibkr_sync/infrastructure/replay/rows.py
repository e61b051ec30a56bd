"""What a replay gateway can answer with: contract rows and market rules, as wire text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRow:
    """One contract-details reply, each field the text that TWS puts on the wire.

    Field names follow IBKR's in snake case; "" is an absent field. Which of them are sent,
    and in what order, depends on the negotiated server version; `settlement_method` never is
    as text.
    """

    symbol: str
    sec_type: str = "FUT"
    last_trade_date_or_contract_month: str
    last_trade_date: str = ""
    strike: str = "0"
    right: str = ""
    exchange: str
    currency: str
    local_symbol: str
    market_name: str = ""
    trading_class: str
    con_id: str
    min_tick: str
    md_size_multiplier: str = "1"
    multiplier: str = ""
    order_types: str = ""
    valid_exchanges: str = ""
    price_magnifier: str = "1"
    under_con_id: str = "0"
    long_name: str = ""
    primary_exchange: str = ""
    contract_month: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    time_zone_id: str = ""
    trading_hours: str = ""
    liquid_hours: str = ""
    ev_rule: str = ""
    ev_multiplier: str = ""
    sec_id_list: tuple[tuple[str, str], ...] = ()
    agg_group: str = "2147483647"
    under_symbol: str = ""
    under_sec_type: str = ""
    market_rule_ids: str = ""
    real_expiration_date: str = ""
    stock_type: str = ""
    min_size: str = "1"
    size_increment: str = "1"
    suggested_size_increment: str = "1"
    ineligibility_reasons: tuple[tuple[str, str], ...] = ()
    settlement_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRuleRow:
    """One market rule: (low edge, increment) pairs as wire text, lowest edge first."""

    market_rule_id: str
    increments: tuple[tuple[str, str], ...]
