"""Contracts that IBKR has named in public records, of which little more than the names is known.

`data/recorded_contracts.csv` holds them: `recorded_on` is the exchange's code at the time, ""
where it was not recorded, as are `con_id`, `multiplier` and `last_trade` where they are empty.
The currency is the catalogue's. The local symbol of MESZ3 follows from its date, and contract
months from local symbols.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.infrastructure.replay.rows import ContractRow

_FIRST_STAND_IN = 2_000_000_000
"""From here on IBKR has issued no conIds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedContract:
    """A contract as recorded; None was not."""

    key: ProductKey
    recorded_on: str | None
    multiplier: Decimal | None
    local_symbol: str
    con_id: int | None
    contract_month: ContractMonth
    last_trade: date | None

    @property
    def known(self) -> CatalogueProduct:
        """What the catalogue says of the product."""
        row = load_catalogue().row_of(self.key)
        assert row is not None, self.key
        return row

    @property
    def row(self) -> ContractRow:
        """The row in which a gateway would say this, and nothing besides.

        The 15th of the month stands in for a last trade date that was not recorded, and a
        number that IBKR has not issued for a conId.
        """
        month = f"{self.contract_month}".replace("-", "")
        stand_in = str(_FIRST_STAND_IN + int(month))
        return ContractRow(
            symbol=self.key.symbol,
            last_trade_date_or_contract_month=(
                f"{self.last_trade:%Y%m%d}" if self.last_trade else f"{month}15"
            ),
            exchange=self.key.exchange,
            currency=self.known.currency,
            local_symbol=self.local_symbol,
            trading_class=self.key.trading_class,
            con_id=str(self.con_id) if self.con_id else stand_in,
            min_tick="",
            multiplier=str(self.multiplier or ""),
            price_magnifier="",
            under_con_id="",
            contract_month=month,
            min_size="",
            size_increment="",
            suggested_size_increment="",
        )


def _read(row: dict[str, str]) -> RecordedContract:
    return RecordedContract(
        key=ProductKey(row["symbol"], row["exchange"], row["trading_class"]),
        recorded_on=row["recorded_on"] or None,
        multiplier=Decimal(row["multiplier"]) if row["multiplier"] else None,
        local_symbol=row["local_symbol"],
        con_id=int(row["con_id"]) if row["con_id"] else None,
        contract_month=ContractMonth.parse(row["contract_month"]),
        last_trade=date.fromisoformat(row["last_trade"]) if row["last_trade"] else None,
    )


_FILE = Path(__file__).parent / "data" / "recorded_contracts.csv"
with _FILE.open(encoding="utf-8", newline="") as _lines:
    RECORDED_CONTRACTS = tuple(_read(row) for row in csv.DictReader(_lines, strict=True))
