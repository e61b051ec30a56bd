"""From IBKR's answer about one conId to the request for its whole product."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from fakes.recordings import RECORDED_ES, received
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.product_request import (
    request_for_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest

(RECORDED,) = RECORDED_ES.contracts
CON_ID = int(RECORDED.con_id)
BEFORE_EXPIRY = datetime(2025, 6, 20, 13, tzinfo=UTC)
AFTER_EXPIRY = datetime(2025, 6, 20, 14, tzinfo=UTC)
PLAIN = SyncPolicy()


def reply(*rows: ContractRow, con_id: int = CON_ID, at: datetime = BEFORE_EXPIRY) -> ContractReply:
    return ContractReply(
        request=ContractRequest(con_id=con_id, include_expired=True),
        rows=tuple(received(each) for each in rows),
        end_frame=b"",
        received_at=at,
        server_version=187,
        client_version="9.81.1",
    )


def test_the_product_of_a_contract_is_asked_for_on_its_listing_exchange() -> None:
    route = dataclasses.replace(RECORDED, exchange="QBALGO")
    for rows in ((RECORDED,), (route,), (route, RECORDED)):
        assert request_for_product(reply(*rows), PLAIN) == ContractRequest(
            symbol="ES", exchange="CME"
        )


def test_expired_contracts_are_asked_for_when_it_has_expired_or_they_are_wanted() -> None:
    wanted = ContractRequest(symbol="ES", exchange="CME", include_expired=True)
    assert request_for_product(reply(RECORDED, at=AFTER_EXPIRY), PLAIN) == wanted
    assert request_for_product(reply(RECORDED), SyncPolicy(include_expired=True)) == wanted


def test_another_contract_than_the_one_asked_for_is_refused() -> None:
    with pytest.raises(InvalidReplyError) as refused:
        request_for_product(reply(RECORDED, con_id=1), PLAIN)
    assert refused.value.field == "con_id"


def test_rows_that_contradict_each_other_are_refused() -> None:
    other = dataclasses.replace(RECORDED, exchange="QBALGO", symbol="NQ")
    with pytest.raises(InvalidReplyError):
        request_for_product(reply(RECORDED, other), PLAIN)
