"""What the sample's gateway answers when it is asked for a product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from e2e.gateways import sample
from ibkr_sync.infrastructure.replay.matching import ContractBook
from ibkr_sync.infrastructure.replay.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow

EXCHANGES = {"CL": "NYMEX", "ES": "CME", "GC": "COMEX", "NQ": "CME", "VIX": "CFE"}


def rows_of(symbol: str) -> Sequence[ContractRow]:
    """The rows of a reply, in the order in which the gateway sends them."""
    request = ContractDataRequest(
        req_id=1, symbol=symbol, sec_type="FUT", exchange=EXCHANGES[symbol]
    )
    return tuple(ContractBook(sample().contracts).answer(request, datetime.now(UTC)))


def con_ids_of(symbol: str) -> frozenset[int]:
    """The conIds of a reply."""
    return frozenset(int(row.con_id) for row in rows_of(symbol))
