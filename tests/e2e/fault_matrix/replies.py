"""What the sample's gateway answers when it is asked for a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from e2e.gateways import sample
from gateway.faults import ErrorReply, Fault, KeptRows
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows

EXCHANGES = {"CL": "NYMEX", "ES": "CME", "GC": "COMEX", "NQ": "CME", "VIX": "CFE"}


@cache
def recording() -> Recording:
    """What the sample knows of these; a gateway that knows little begins quickly."""
    contracts = tuple(row for row in sample().contracts if row.symbol in EXCHANGES)
    return replace(sample(), contracts=contracts)


@cache
def _book() -> MatchableRows:
    return MatchableRows(recording().contracts)


def rows_of(symbol: str) -> Sequence[ContractRow]:
    """The rows of a reply, in the order in which the gateway sends them."""
    request = ContractDataRequest(
        req_id=1, symbol=symbol, sec_type="FUT", exchange=EXCHANGES[symbol]
    )
    return tuple(_book().answer(request, datetime.now(UTC)))


def con_ids_of(symbol: str) -> frozenset[int]:
    """The conIds of a reply."""
    return frozenset(int(row.con_id) for row in rows_of(symbol))


def gone_after(symbol: str, count: int) -> tuple[Fault, ...]:
    """IBKR knows no more than so many contracts of a product, in whatever way it is asked."""
    gone = frozenset(int(row.con_id) for row in rows_of(symbol)[count:])
    return KeptRows(symbol=symbol, count=count), ErrorReply(code=200, con_ids=gone)
