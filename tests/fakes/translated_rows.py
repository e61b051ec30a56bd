"""Rows as they stand between a gateway's reply and contracts."""

from __future__ import annotations

import dataclasses

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow


def row_of(contract: FuturesContract, **fields: object) -> TranslatedRow:
    """The row that states a contract whole, but for these fields."""
    row = TranslatedRow(
        con_id=contract.con_id,
        name=contract.local_symbol,
        symbol=contract.symbol,
        exchange=contract.exchange,
        trading_class=contract.trading_class,
        venues=contract.venues,
        zone_id=contract.time_zone,
        contract=contract,
        remarks=(),
        depends_on_stored=False,
    )
    return dataclasses.replace(row, **fields)  # type: ignore[arg-type]
