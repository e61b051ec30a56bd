"""Days of a calendar as JSON has them."""

from __future__ import annotations

from ibkr_sync.domain.delivery.expirations import Expiration

EXPIRATION_KEYS = (
    *("date", "what", "symbol", "exchange", "trading_class", "local_symbol", "contract_month"),
    *("con_id", "days_left", "business_days_left", "source", "confidence"),
)
"""The keys of a record."""


def expiration_record(expiration: Expiration) -> dict[str, object]:
    """A day of a contract as a JSON object."""
    contract = expiration.delivering.contract
    month = contract.contract_month
    return {
        "date": expiration.day.isoformat(),
        "what": expiration.kind.value,
        **expiration.delivering.product.key._asdict(),
        "local_symbol": contract.local_symbol,
        "contract_month": None if month is None else str(month),
        "con_id": contract.con_id,
        "days_left": expiration.days_left,
        "business_days_left": expiration.business_days_left,
        "source": expiration.source,
        "confidence": expiration.confidence,
    }
