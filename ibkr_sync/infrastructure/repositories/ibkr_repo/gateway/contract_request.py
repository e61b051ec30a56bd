"""What is asked of a gateway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRequest:
    """A request for the contract details of all futures of a symbol; "" is any exchange.

    With a `con_id` it is for this one contract, whatever its symbol, to learn its product; with a
    `local_symbol`, in upper case, for the contracts called so, which may be of several exchanges.
    Never narrowed by trading class or currency: the reply must be complete for each product
    in it, weekly series of another class included, and `currency` makes TWS drop products
    that trade in USD outside the US.
    """

    symbol: str = ""
    exchange: str = ""
    include_expired: bool = False
    con_id: int | None = None
    local_symbol: str = ""

    def __str__(self) -> str:
        if self.con_id is not None:
            return f"conId {self.con_id}"
        name = f"local symbol {self.local_symbol}" if self.local_symbol else self.symbol
        return f"{name}@{self.exchange}" if self.exchange else name
