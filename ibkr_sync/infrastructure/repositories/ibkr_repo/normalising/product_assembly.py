"""From contracts that belong together to the product entity they make."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    SAMPLE_MARKER,
    AssetClass,
    Future,
    Origin,
    ProductKey,
    Underlying,
)

_STOCK = "STK"


def assemble_product(
    key: ProductKey,
    contracts: tuple[FuturesContract, ...],
    catalogue: Catalogue,
    received_at: datetime,
) -> Future:
    """Make the product of a complete chain; what the nearest contract leaves out, others say."""
    nearest = describing_contract(contracts, received_at)
    asset_class, category = _classify(nearest, catalogue)
    name: str | None = _stated(nearest, contracts, "long_name")
    is_sample = any((contract.long_name or "").endswith(SAMPLE_MARKER) for contract in contracts)
    return ASSET_TYPES[asset_class](
        symbol=key.symbol,
        exchange=key.exchange,
        trading_class=key.trading_class,
        currency=nearest.currency,
        name=name.removesuffix(SAMPLE_MARKER) if name else None,
        category=category,
        underlying=_underlying(nearest),
        time_zone=_stated(nearest, contracts, "time_zone"),
        origin=Origin.SAMPLE if is_sample else Origin.IBKR,
        contracts=contracts,
        synced_at=received_at,
    )


def describing_contract(contracts: tuple[FuturesContract, ...], now: datetime) -> FuturesContract:
    """The next of the unexpired contracts to expire, else the one that expired last."""
    by_date = sorted(contracts, key=lambda item: (item.last_trade_date, item.con_id))
    return next((contract for contract in by_date if not contract.is_expired(now)), by_date[-1])


def _stated(nearest: FuturesContract, chain: Iterable[FuturesContract], name: str) -> Any:  # noqa: ANN401 - the field decides
    """What the nearest contract states, else the one that ends next of those that do."""
    in_order = sorted(chain, key=lambda item: (item.last_trade_date, item.con_id))
    later = [
        contract for contract in in_order if contract.last_trade_date >= nearest.last_trade_date
    ]
    values = (getattr(contract, name) for contract in (nearest, *later, *reversed(in_order)))
    return next((value for value in values if value is not None), None)


def _classify(contract: FuturesContract, catalogue: Catalogue) -> tuple[AssetClass, str | None]:
    """IBKR's word where it has one (STK), else the catalogue's: IBKR says IND for crude oil."""
    known = catalogue.classify(contract.symbol, contract.exchange, contract.trading_class)
    if contract.underlying_sec_type == _STOCK:
        return AssetClass.SINGLE_STOCK, "single_stock"
    return known or (AssetClass.UNCLASSIFIED, None)


def _underlying(contract: FuturesContract) -> Underlying | None:
    if contract.underlying_symbol is None:
        return None
    return Underlying(
        symbol=contract.underlying_symbol,
        sec_type=contract.underlying_sec_type,
        con_id=contract.underlying_con_id,
    )
