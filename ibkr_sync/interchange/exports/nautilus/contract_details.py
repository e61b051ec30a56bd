"""A contract in the words of IBKR's API, as NautilusTrader's IB adapter reads them."""

from __future__ import annotations

from decimal import Decimal

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract


def loadable_contract(contract: FuturesContract) -> dict[str, object]:
    """The fields of an `IBContract` by which the adapter finds this contract and no other.

    Without the last trade date: IBKR shows it in the time zone of the login, and the conId
    alone identifies the contract.
    """
    return {
        "secType": "FUT",
        "conId": contract.con_id,
        "exchange": contract.exchange,
        "symbol": contract.symbol,
        "tradingClass": contract.trading_class,
        "currency": contract.currency,
        "localSymbol": contract.local_symbol,
    }


def contract_details(contract: FuturesContract) -> dict[str, object]:
    """The fields of `IBContractDetails` that are known; no other key, as 1.221.0 refuses those."""
    end = contract.real_expiration_date
    details = {
        "contract": loadable_contract(contract)
        | {
            "lastTradeDateOrContractMonth": f"{contract.last_trade_date:%Y%m%d}",
            "multiplier": canonical_text(contract.multiplier),
        },
        "marketName": contract.market_name,
        "minTick": _float(contract.min_tick),
        "validExchanges": ",".join(venue.exchange for venue in contract.venues),
        "marketRuleIds": _market_rule_ids(contract),
        "priceMagnifier": contract.price_magnifier,
        "underConId": contract.underlying_con_id,
        "underSymbol": contract.underlying_symbol,
        "underSecType": contract.underlying_sec_type,
        "longName": contract.long_name,
        "contractMonth": str(contract.contract_month or "").replace("-", ""),
        "realExpirationDate": end and f"{end:%Y%m%d}",
        "industry": contract.industry,
        "category": contract.category,
        "subcategory": contract.subcategory,
        "timeZoneId": contract.time_zone,
        "evRule": contract.economic_value_rule,
        "evMultiplier": _float(contract.economic_value_multiplier),
        "aggGroup": contract.aggregated_group,
        "secIdList": dict(contract.security_ids),
        "minSize": canonical_text(contract.min_size),
        "sizeIncrement": canonical_text(contract.size_increment),
        "suggestedSizeIncrement": canonical_text(contract.suggested_size_increment),
    }
    return {key: value for key, value in details.items() if value not in (None, "", {})}


def _float(value: Decimal | None) -> float | None:
    """IBKR's API has these numbers as floats; the instrument itself has them exactly."""
    return None if value is None else float(value)


def _market_rule_ids(contract: FuturesContract) -> str | None:
    """The ids in the order of the exchanges; None where that of one is not known."""
    ids = [venue.market_rule_id for venue in contract.venues]
    return None if None in ids else ",".join(map(str, ids))
