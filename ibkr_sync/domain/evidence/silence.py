"""What a reply leaves out is no statement: what was known of it stays known.

Left out is a field that is empty, or that holds one of IBKR's placeholders, which sources turn
into None. A contract that is about to expire comes without zone, hours and time of its last
trade, while its siblings have them (seen in recordings of 2024 to 2026).
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import Any, Final, TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future

F = TypeVar("F", bound=Future)

_ROLLING: Final = frozenset(("order_types", "schedule", "listing"))
"""Order types and hours are of the day; the listing is the local repository's own."""

_CONTRACT_FIELDS: Final = tuple(
    field.name for field in dataclasses.fields(FuturesContract) if field.name not in _ROLLING
)
_PRODUCT_FIELDS: Final = (
    *("name", "category", "underlying"),
    *("multiplier", "price_magnifier", "min_tick", "time_zone"),
)
_contract_values = attrgetter(*_CONTRACT_FIELDS)
_product_values = attrgetter(*_PRODUCT_FIELDS)


def with_known(stored: Future | None, received: F) -> F:
    """Complete a received product and its chain by what is stored of both.

    What the catalogue alone knew is no knowledge: IBKR's silence does not confirm it.
    """
    if stored is None:
        return received
    before = {contract.con_id: contract for contract in stored.contracts}
    chain = tuple(
        contract_with_known(before.get(contract.con_id), contract)
        for contract in received.contracts
    )
    known = (
        {}
        if stored.is_stub
        else _left_out(_PRODUCT_FIELDS, _product_values(stored), _product_values(received))
    )
    return dataclasses.replace(received, contracts=chain, **known)


def contract_with_known(
    stored: FuturesContract | None, received: FuturesContract
) -> FuturesContract:
    """Complete a received contract by what is stored of it.

    The instant of the last trade is of its date: where the date moved and no time was stated,
    it is unknown.
    """
    if stored is None or stored == received:
        return received
    known = _left_out(_CONTRACT_FIELDS, _contract_values(stored), _contract_values(received))
    if received.last_trade_date != stored.last_trade_date:
        known.pop("last_trade_at", None)
    return dataclasses.replace(received, **known) if known else received


def _left_out(
    names: tuple[str, ...], stored: tuple[object, ...], received: tuple[object, ...]
) -> dict[str, Any]:
    return {
        name: old
        for name, old, new in zip(names, stored, received, strict=True)
        if new in (None, ()) and old not in (None, ())
    }
