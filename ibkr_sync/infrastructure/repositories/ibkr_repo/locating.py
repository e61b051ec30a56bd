"""From a conId to the product it belongs to: pure."""

from __future__ import annotations

from ibkr_sync.domain.errors import IbkrSyncError, ProductNotFoundError, ReplyError
from ibkr_sync.domain.sync import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ContractReply, ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.rules import merge_rows, refuse_foreign_rows
from ibkr_sync.infrastructure.repositories.ibkr_repo.translation import translate_row


def request_for_product(
    outcome: ContractReply | IbkrSyncError, policy: SyncPolicy
) -> ContractRequest | IbkrSyncError:
    """Give the request for the whole chain of the contract that was asked for by its conId.

    Expired contracts are included when it has expired itself. Gives the error that kept it
    from being told.
    """
    if isinstance(outcome, IbkrSyncError):
        return outcome
    try:
        rows = [translate_row(row) for row in outcome.rows]
        refuse_foreign_rows(outcome.request, rows)
        contracts = merge_rows(rows)
    except ReplyError as error:
        return error
    if not contracts:
        return ProductNotFoundError(str(outcome.request.con_id), "IBKR", "IBKR answered nothing")
    contract = contracts[0]
    return ContractRequest(
        symbol=contract.symbol,
        exchange=contract.exchange,
        include_expired=policy.include_expired or contract.is_expired(outcome.received_at),
    )
