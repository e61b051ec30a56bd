"""What becomes of a complete reply of which a row can't be decoded."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from fakes.recordings import RECORDED_ES, received
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.evidence.acquired_future import RefusedReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import Dialogue
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import Questioner
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ContractReplyRows,
    ReplyRow,
    SentRows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.paced_sender import Sending

ES = ContractRequest(symbol="ES", exchange="CME")
END = b"52\x001\x001\x00"
(ROW,) = map(received, RECORDED_ES.contracts)
ODD = InvalidReplyError("ES@CME", "contract row", "", "it is odd")


class Answering:
    """A gateway that answers at once; so many of its replies, the first, have an odd row."""

    parameters = SimpleNamespace(idle_timeout=1.0, requests_in_flight=4)
    outage = None

    def __init__(self, odd: int) -> None:
        self._odd = odd
        self.asked = 0

    def request_contracts(self, request: ContractRequest, _: float) -> Sending[ContractReply]:
        self.asked += 1
        is_odd = self.asked <= self._odd

        def decode(_: bytes) -> ReplyRow:
            if is_odd:
                raise ODD
            return ROW

        sending: Sending[ContractReply] = Sending()
        sending.was_sent = True
        sending.set_result(
            ContractReply(
                request=request,
                rows=ContractReplyRows(SentRows([ROW.frame]), decode),
                end_frame=END,
                received_at=datetime(2026, 12, 1, tzinfo=UTC),
                server_version=157,
                client_version="9.81.1",
            )
        )
        return sending


def dialogue(*, asks_again: bool = False) -> Dialogue[None]:
    """Look at the rows of one reply, or do without them and ask again; all of it is of no use."""
    try:
        len((yield ES).rows)
    except InvalidReplyError:
        if not asks_again:
            raise
        yield ES
    raise InvalidReplyError("ES@CME", "multiplier", "0", "is of no use")


def outcomes(gateway: Answering, *dialogues: Dialogue[None]) -> dict[int, Any]:
    questioner = Questioner(cast("Any", gateway), seconds=60.0)
    return dict(questioner.hold(enumerate(dialogues)))


def test_a_reply_that_can_t_be_decoded_is_not_kept_as_one_that_is_of_no_use() -> None:
    assert outcomes(Answering(odd=1), dialogue()) == {0: ODD}
    refused = outcomes(Answering(odd=0), dialogue())[0]
    assert isinstance(refused, RefusedReply)
    assert refused.evidence.frames == (ROW.frame, END)


def test_what_could_not_be_decoded_is_no_part_of_what_was_said_until_then() -> None:
    refused = outcomes(Answering(odd=1), dialogue(asks_again=True))[0]
    assert isinstance(refused, RefusedReply)
    assert refused.evidence.answers == ()


def test_a_reply_that_can_t_be_decoded_is_shared_by_nobody() -> None:
    gateway = Answering(odd=1)
    found = outcomes(gateway, dialogue(), dialogue())
    assert found[0] is ODD
    assert isinstance(found[1], RefusedReply)
    assert gateway.asked == 2
