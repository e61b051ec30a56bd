"""From a conId to the product it belongs to: pure."""

from __future__ import annotations

from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_reader import (
    FindNamed,
    no_rows_stored,
    read_rows,
)


def request_for_product(
    reply: ContractReply, policy: SyncPolicy, find_named: FindNamed = no_rows_stored
) -> ContractRequest:
    """Give the request for the whole chain of the contract that was asked for by its conId.

    Expired contracts are included when it has expired itself. `find_named` gives what is stored.
    Raises InvalidReplyError.
    """
    read = read_rows(reply, find_named)
    contract = next((chain[0] for chain in read.products.values()), None)
    if contract is None:
        row = read.rows[0][0]
        remark = row.remarks[0]
        raise InvalidReplyError(row.name, remark.field, remark.value, remark.reason or "")
    return ContractRequest(
        symbol=contract.symbol,
        exchange=contract.exchange,
        include_expired=policy.include_expired or contract.is_expired(reply.received_at),
    )
