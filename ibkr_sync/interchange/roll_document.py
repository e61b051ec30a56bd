"""Rolls as JSON has them."""

from __future__ import annotations

from ibkr_sync.domain.delivery.rolls import Roll
from ibkr_sync.domain.entities.contracts import FuturesContract

ROLL_KEYS = (
    *("date", "from_local_symbol", "from_month", "from_con_id"),
    *("to_local_symbol", "to_month", "to_con_id", "why", "source", "confidence", "basis"),
)
"""The keys of a record."""


def roll_record(roll: Roll) -> dict[str, object]:
    """A roll as a JSON object."""
    return {
        "date": roll.day.isoformat(),
        **_side("from", roll.leaving),
        **_side("to", roll.entering),
        "why": roll.why,
        "source": roll.source,
        "confidence": roll.confidence,
        "basis": roll.basis.value,
    }


def _side(name: str, contract: FuturesContract) -> dict[str, object]:
    month = contract.contract_month
    return {
        f"{name}_local_symbol": contract.local_symbol,
        f"{name}_month": None if month is None else str(month),
        f"{name}_con_id": contract.con_id,
    }
