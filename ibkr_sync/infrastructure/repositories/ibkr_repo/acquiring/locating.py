"""From a conId to the product it belongs to: pure."""

from __future__ import annotations

from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.replies import (
    ContractReply,
    ContractRequest,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.rules import (
    merge_rows,
    refuse_foreign_rows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row


def request_for_product(reply: ContractReply, policy: SyncPolicy) -> ContractRequest:
    """Give the request for the whole chain of the contract that was asked for by its conId.

    Expired contracts are included when it has expired itself. Raises InvalidReplyError.
    """
    rows = [translate_row(row) for row in reply.rows]
    refuse_foreign_rows(reply.request, rows)
    contract = merge_rows(rows)[0]
    return ContractRequest(
        symbol=contract.symbol,
        exchange=contract.exchange,
        include_expired=policy.include_expired or contract.is_expired(reply.received_at),
    )
