"""From IBKR's answer about one contract to the request for its whole product."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from fakes.recordings import RECORDED_ES, received, reply_rows
from ibkr_sync.domain.errors import AmbiguousProductError, InvalidReplyError
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.product_request import (
    contract_for_product,
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
        rows=reply_rows(received(row) for row in rows),
        end_frame=b"",
        received_at=at,
        server_version=187,
        client_version="9.81.1",
    )


def asked_next(reply: ContractReply, policy: SyncPolicy = PLAIN) -> ContractRequest:
    return request_for_product(contract_for_product(reply), policy, reply.received_at)


def test_the_product_of_a_contract_is_asked_for_on_its_listing_exchange() -> None:
    route = dataclasses.replace(RECORDED, exchange="QBALGO")
    for rows in ((RECORDED,), (route,), (route, RECORDED)):
        assert asked_next(reply(*rows)) == ContractRequest(symbol="ES", exchange="CME")


def test_expired_contracts_are_asked_for_when_it_has_expired_or_they_are_wanted() -> None:
    wanted = ContractRequest(symbol="ES", exchange="CME", include_expired=True)
    assert asked_next(reply(RECORDED, at=AFTER_EXPIRY)) == wanted
    assert asked_next(reply(RECORDED), SyncPolicy(include_expired=True)) == wanted


def test_another_contract_than_the_one_asked_for_is_refused() -> None:
    with pytest.raises(InvalidReplyError) as refused:
        asked_next(reply(RECORDED, con_id=1))
    assert refused.value.field == "con_id"


def test_rows_that_contradict_each_other_are_refused() -> None:
    other = dataclasses.replace(RECORDED, exchange="QBALGO", symbol="NQ")
    with pytest.raises(InvalidReplyError):
        asked_next(reply(RECORDED, other))


def test_a_local_symbol_of_several_products_is_ambiguous() -> None:
    namesake = dataclasses.replace(
        RECORDED,
        con_id="7",
        symbol="SPX",
        trading_class="SP",
        exchange="CBOT",
        valid_exchanges="CBOT",
    )
    both = dataclasses.replace(
        reply(RECORDED, namesake),
        request=ContractRequest(local_symbol="ESM5", include_expired=True),
    )
    with pytest.raises(AmbiguousProductError) as caught:
        contract_for_product(both)
    assert [str(candidate.key) for candidate in caught.value.candidates] == [
        "ES@CME (ES)",
        "SPX@CBOT (SP)",
    ]
    one = dataclasses.replace(both, rows=reply_rows(both.rows[:1]))
    assert contract_for_product(one).con_id == CON_ID


def test_a_contract_of_another_local_symbol_is_refused() -> None:
    other = dataclasses.replace(reply(RECORDED), request=ContractRequest(local_symbol="ESU5"))
    with pytest.raises(InvalidReplyError) as refused:
        contract_for_product(other)
    assert refused.value.field == "local_symbol"
