"""A small world of futures products, as IBKR would say them, that changes from night to night."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Any

from fakes.recordings import QUARTER_POINT, last_trade_text
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from integration.month.habits import route_row, row_tonight
from integration.month.products import first_products, with_contract


class Market:
    """What IBKR knows tonight.

    Attributes:
        products: by names that stay when IBKR renames them.
        hidden: conIds of contracts that IBKR does not know.
        written: by conId, fields of the row that IBKR writes otherwise.
    """

    def __init__(self) -> None:
        self.products = first_products()
        self.hidden: set[int] = set()
        self.written: dict[int, dict[str, Any]] = {}

    def recording(self, now: datetime) -> Recording:
        """What a gateway answers with; E-mini is recorded on its route too."""
        rows = [
            self._row(contract, now)
            for product in self.products.values()
            for contract in product.contracts
            if contract.con_id not in self.hidden
        ]
        routes = (route_row(row) for row in rows if row.symbol == "ES")
        return Recording(contracts=(*rows, *routes), market_rules=(QUARTER_POINT,))

    def list_contract(self, name: str, contract: FuturesContract) -> None:
        """List a new contract."""
        self.products[name] = with_contract(self.products[name], contract)

    def change(self, name: str, **fields: Any) -> None:
        """Change fields of a product and of all its contracts."""
        self.products[name] = dataclasses.replace(self.products[name], **fields)
        self.change_contracts(name, None, **fields)

    def change_contracts(self, name: str, con_ids: set[int] | None, **fields: Any) -> None:
        """Change fields of some contracts; None is all."""
        product = self.products[name]
        chain = (
            dataclasses.replace(contract, **fields)
            if con_ids is None or contract.con_id in con_ids
            else contract
            for contract in product.contracts
        )
        self.products[name] = dataclasses.replace(product, contracts=tuple(chain))

    def move_to_exchange(self, name: str, exchange: str, con_ids: set[int] | None = None) -> None:
        """Call the exchange of some contracts otherwise; None is of a whole product."""
        if con_ids is None:
            self.products[name] = dataclasses.replace(self.products[name], exchange=exchange)
        venues = (Venue(exchange=exchange, market_rule_id=67), Venue(exchange="QBALGO"))
        self.change_contracts(name, con_ids, exchange=exchange, venues=venues)

    def move_expiry(self, name: str, position: int, day: date) -> None:
        """Move the last trade of one contract to another day, at the same time of day."""
        moved = self.products[name].contracts[position]
        assert moved.last_trade_at is not None
        at = moved.last_trade_at + (day - moved.last_trade_date)
        text = last_trade_text(dataclasses.replace(moved, last_trade_at=at))
        self.change_contracts(
            name,
            {moved.con_id},
            last_trade_date=day,
            last_trade_at=at,
            real_expiration_date=day,
            last_trade_text=text,
        )

    def replace_contract(self, name: str, con_id: int, successor: int) -> None:
        """List a contract again under another conId; the former one means nothing any more."""
        (old,) = (
            contract for contract in self.products[name].contracts if contract.con_id == con_id
        )
        self.hidden.add(con_id)
        self.list_contract(name, dataclasses.replace(old, con_id=successor))

    def write(self, con_ids: set[int], **fields: str) -> None:
        """Write fields of some rows otherwise; no fields: write them as they are again."""
        for con_id in con_ids:
            self.written[con_id] = fields

    def _row(self, contract: FuturesContract, now: datetime) -> ContractRow:
        otherwise: dict[str, Any] = self.written.get(contract.con_id, {})
        return dataclasses.replace(row_tonight(contract, now), **otherwise)
