"""The table of the peer scripts: the fields of ib_async's contract details that futures have."""

from __future__ import annotations

from typing import Any

from ib_async import ContractDetails
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What holds the tables."""


class Contract(Base):
    """One contract, as ib_async gives it: empty texts for what is missing, floats for prices."""

    __tablename__ = "contracts"

    con_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    symbol: Mapped[str] = mapped_column(index=True)
    exchange: Mapped[str]
    trading_class: Mapped[str]
    currency: Mapped[str]
    local_symbol: Mapped[str] = mapped_column(index=True)
    last_trade_date_or_contract_month: Mapped[str] = mapped_column(index=True)
    last_trade_time: Mapped[str]
    contract_month: Mapped[str]
    real_expiration_date: Mapped[str]
    multiplier: Mapped[str]
    min_tick: Mapped[float]
    price_magnifier: Mapped[int]
    market_name: Mapped[str]
    long_name: Mapped[str]
    under_con_id: Mapped[int]
    under_symbol: Mapped[str]
    under_sec_type: Mapped[str]
    industry: Mapped[str]
    category: Mapped[str]
    subcategory: Mapped[str]
    time_zone_id: Mapped[str]
    valid_exchanges: Mapped[str]
    market_rule_ids: Mapped[str]
    order_types: Mapped[str]
    trading_hours: Mapped[str]
    liquid_hours: Mapped[str]
    ev_rule: Mapped[str]
    ev_multiplier: Mapped[int]
    agg_group: Mapped[int]
    min_size: Mapped[str]
    size_increment: Mapped[str]
    suggested_size_increment: Mapped[str]


def values(details: ContractDetails) -> dict[str, Any]:
    """The columns of one contract."""
    contract = details.contract
    return {
        "con_id": contract.conId,
        "symbol": contract.symbol,
        "exchange": contract.exchange,
        "trading_class": contract.tradingClass,
        "currency": contract.currency,
        "local_symbol": contract.localSymbol,
        "last_trade_date_or_contract_month": contract.lastTradeDateOrContractMonth,
        "last_trade_time": details.lastTradeTime,
        "contract_month": details.contractMonth,
        "real_expiration_date": details.realExpirationDate,
        "multiplier": contract.multiplier,
        "min_tick": details.minTick,
        "price_magnifier": details.priceMagnifier,
        "market_name": details.marketName,
        "long_name": details.longName,
        "under_con_id": details.underConId,
        "under_symbol": details.underSymbol,
        "under_sec_type": details.underSecType,
        "industry": details.industry,
        "category": details.category,
        "subcategory": details.subcategory,
        "time_zone_id": details.timeZoneId,
        "valid_exchanges": details.validExchanges,
        "market_rule_ids": details.marketRuleIds,
        "order_types": details.orderTypes,
        "trading_hours": details.tradingHours,
        "liquid_hours": details.liquidHours,
        "ev_rule": details.evRule,
        "ev_multiplier": details.evMultiplier,
        "agg_group": details.aggGroup,
        "min_size": str(details.minSize),
        "size_increment": str(details.sizeIncrement),
        "suggested_size_increment": str(details.suggestedSizeIncrement),
    }
