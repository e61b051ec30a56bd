"""What is asked of a gateway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRequest:
    """A request for the contract details of all futures of a symbol; "" is any exchange.

    With a `con_id` it is for this one contract, whatever its symbol, to learn its product.
    Never narrowed by trading class or currency: the reply must be complete for each product
    in it, weekly series of another class included, and `currency` makes TWS drop products
    that trade in USD outside the US.
    """

    symbol: str = ""
    exchange: str = ""
    include_expired: bool = False
    con_id: int | None = None

    def __str__(self) -> str:
        if self.con_id is not None:
            return f"conId {self.con_id}"
        return f"{self.symbol}@{self.exchange}" if self.exchange else self.symbol
