"""From a contract to the product it belongs to: pure."""

from __future__ import annotations

from datetime import datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import AmbiguousProductError, InvalidReplyError, ProductCandidate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_reader import (
    FindNamed,
    no_rows_stored,
    read_rows,
)


def contract_for_product(
    reply: ContractReply, find_named: FindNamed = no_rows_stored
) -> FuturesContract:
    """Give the contract that was asked for, by its conId or local symbol, to learn its product.

    `find_named` gives what is stored. Raises InvalidReplyError, or AmbiguousProductError where
    contracts of several products are called so.
    """
    read = read_rows(reply, find_named)
    chains = [(key, chain[0]) for key, chain in sorted(read.products.items())]
    if not chains:
        row = read.rows[0]
        remark = row.remarks[0]
        raise InvalidReplyError(row.name, remark.field, remark.value, remark.reason or "")
    if len(chains) > 1:
        candidates = [_candidate(key, contract) for key, contract in chains]
        raise AmbiguousProductError(chains[0][1].local_symbol, candidates)
    return chains[0][1]


def request_for_product(
    contract: FuturesContract, policy: SyncPolicy, now: datetime
) -> ContractRequest:
    """Give the request for the whole chain of a contract.

    Expired contracts are included when it has expired itself at the aware instant `now`.
    """
    return ContractRequest(
        symbol=contract.symbol,
        exchange=contract.exchange,
        include_expired=policy.include_expired or contract.is_expired(now),
    )


def _candidate(key: ProductKey, contract: FuturesContract) -> ProductCandidate:
    return ProductCandidate(
        key=key,
        currency=contract.currency,
        multiplier=contract.multiplier,
        name=contract.long_name,
        next_expiry=contract.last_trade_date,
        contract_count=None,
    )
