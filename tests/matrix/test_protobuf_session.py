"""What goes wrong in protobuf costs a product its reply and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

import pytest

from fakes.clock import FakeClock
from fakes.gateway_rig import ES, NOW, QUICK, RECORDING, await_arrival, reader_threads
from fakes.protocol_versions import PROTOBUF_ROWS, SPOKEN
from fakes.tws_protobuf import field
from gateway import faults
from gateway.dialects import dialect_for
from gateway.faults import Fault, Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.domain.errors import InvalidReplyError, ReplyTimeoutError
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import ForbiddenMessageError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row

VERSIONS = [version for version in SPOKEN if version >= PROTOBUF_ROWS]
NEWEST = VERSIONS[-1]
ES_AT_CME = ContractRequest(symbol="ES", exchange="CME")
NQ_AT_CME = ContractRequest(symbol="NQ", exchange="CME")
ROWS_OF_ES = len(ES.contracts)
SIZE_OF_A_ROW = len(
    dialect_for(NEWEST).contract_data(
        MatchableRows(RECORDING.contracts).answer(
            ContractDataRequest(req_id=1, symbol="ES", sec_type="FUT", exchange="CME"), NOW
        )[0],
        2_000_000,
    )
)


class Rig:
    """A gateway at a server version, and a client of it."""

    def __init__(self, version: int, *script: Fault, **parameters: float) -> None:
        self._stack = ExitStack()
        self.replay = self._stack.enter_context(
            ScriptedGateway(RECORDING, server_version=version, faults=script, now=FakeClock(NOW))
        )
        limits = QUICK | {"host": self.replay.host, "port": self.replay.port} | parameters
        self.gateway = self._stack.enter_context(
            Gateway(GatewayParameters(**limits), FakeClock(NOW))  # type: ignore[arg-type]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, request: ContractRequest = ES_AT_CME) -> ContractReply:
        reply = self.gateway.request_contracts(request).result(10)
        assert len(reply.rows) == len(reply.rows.sent)  # all of them are decoded
        return reply

    def refuses(self, request: ContractRequest = ES_AT_CME) -> InvalidReplyError:
        """Ask, and expect that the reply is refused while another one and the line survive."""
        with pytest.raises(InvalidReplyError) as refused:
            self.ask(request)
        assert len(self.ask(NQ_AT_CME).rows) == 40
        assert self.replay.connections == 1
        return refused.value


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert reader_threads() == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", ["contract", "contract_details"])
@pytest.mark.parametrize("row", [0, ROWS_OF_ES - 1])
def test_a_row_that_ibapi_would_skip_refuses_the_reply(version: int, part: str, row: int) -> None:
    with Rig(version, faults.DroppedField(row=row, field=part, symbol="ES")) as rig:
        assert f"without its {part.replace('_', ' ')}" in str(rig.refuses())


@pytest.mark.parametrize("field_name", ["symbol", "long_name", "trading_hours", "market_rule_ids"])
def test_bytes_that_are_no_utf_8_refuse_the_reply(field_name: str) -> None:
    broken = faults.ReplacedField(field=field_name, value=b"\xff\xfe", symbol="ES")
    with Rig(NEWEST, broken) as rig:
        assert "can't decode" in str(rig.refuses())


@pytest.mark.parametrize("value", ["abc", "", "0x1"])
def test_a_minimum_tick_that_ibapi_can_t_decode_refuses_the_reply(value: str) -> None:
    broken = faults.ReplacedField(field="min_tick", value=value, symbol="ES")
    with Rig(NEWEST, broken) as rig, pytest.raises(InvalidReplyError, match="float"):
        rig.ask()


@pytest.mark.parametrize("value", ["nan", "inf", "-0.25", "0"])
def test_a_minimum_tick_that_is_none_is_unknown_and_reported(value: str) -> None:
    broken = faults.ReplacedField(field="min_tick", value=value, symbol="ES")
    with Rig(NEWEST, broken) as rig:
        rows = list(map(translate_row, rig.ask().rows))
    (odd,) = (row for row in rows if row.remarks)
    assert [remark.field for remark in odd.remarks] == ["min_tick"]
    assert odd.contract is not None
    assert odd.contract.min_tick is None


@pytest.mark.parametrize("name", ["min_size", "size_increment", "suggested_size_increment"])
def test_a_size_that_is_none_refuses_the_reply(name: str) -> None:
    with Rig(NEWEST, faults.ReplacedField(field=name, value="", symbol="ES")) as rig:
        assert "can't decode" in str(rig.refuses())


def test_an_end_marker_that_names_no_request_refuses_what_is_due() -> None:
    with Rig(NEWEST, faults.EndWithoutRequestId(symbol="ES")) as rig:
        assert "no request id" in str(rig.refuses())


def test_a_row_that_names_no_request_refuses_what_is_due() -> None:
    with Rig(NEWEST, faults.DroppedField(row=2, field="req_id", symbol="ES")) as rig:
        assert "no request id" in str(rig.refuses())


def test_an_end_marker_with_a_field_of_a_later_version_is_understood() -> None:
    with Rig(NEWEST, faults.EndWithExtraField(value="new")) as rig:
        assert len(rig.ask().rows) == ROWS_OF_ES


@pytest.mark.parametrize("row", [0, ROWS_OF_ES - 1])
def test_a_row_cut_at_any_byte_refuses_the_reply(row: int) -> None:
    sizes = range(SIZE_OF_A_ROW)
    cuts = (
        faults.CutRow(row=row, size=size, symbol="ES", skip=number, first=1)
        for number, size in enumerate(sizes)
    )
    with Rig(NEWEST, *cuts) as rig:
        for _ in sizes:
            with pytest.raises(InvalidReplyError):
                rig.ask()
        assert len(rig.ask().rows) == ROWS_OF_ES
        assert rig.replay.connections == 1


@pytest.mark.parametrize(
    "message",
    [
        b"\0\0\0\xd2",
        b"\0\0\0\xd2" + b"\x08",
        b"\0\0\0\xfc",
        b"\0\0\0\xfc" + field(1, "12"),
        b"\0\0",
        b"",
    ],
)
def test_a_message_that_may_have_been_a_row_refuses_what_is_due(message: bytes) -> None:
    inserted = faults.InsertedBytes(data=wire_frame(message), before_row=1, symbol="ES")
    with Rig(NEWEST, inserted) as rig:
        rig.refuses()


@pytest.mark.parametrize(
    "message",
    [
        b"\0\0\0\xd7" + field(1, "DU1"),
        b"\0\0\0\xd7\xff\xff",
        b"\0\0\x03\xe7x",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\0\0\0\xcc",
        b"\0\0\0\xcc" + field(4, b"\xff"),
        b"\0\0\0\x0f" + b"1\0DU1\0",
        b"\0\0\0\xd2" + field(1, 5),
        b"\0\0\0\xfc" + field(1, -1),
    ],
)
def test_a_message_that_is_no_part_of_a_reply_disturbs_none(message: bytes) -> None:
    inserted = faults.InsertedBytes(data=wire_frame(message), before_row=1, symbol="ES")
    with Rig(NEWEST, inserted) as rig:
        assert len(rig.ask().rows) == ROWS_OF_ES


@pytest.mark.parametrize(
    "ladder",
    [
        b"",
        field(1, 67) + field(2, b"\x08"),
        field(1, "67"),
        field(1, 68),
    ],
)
def test_a_tick_ladder_that_is_none_is_an_error(ladder: bytes) -> None:
    reply = faults.RawReply(
        occasion=Occasion.MARKET_RULE, data=wire_frame(b"\0\0\x01\x25" + ladder)
    )
    with Rig(NEWEST, reply, idle_timeout=0.5) as rig:
        asked = rig.gateway.request_ladder(67)
        with pytest.raises((InvalidReplyError, ReplyTimeoutError)):
            asked.result(10)


def framed(message_id: int, body: bytes = b"x") -> bytes:
    return struct.pack("!II", 4 + len(body), message_id) + body


@pytest.mark.parametrize("version", [201, NEWEST])
@pytest.mark.parametrize(
    "message",
    [
        pytest.param(framed(3), id="an order"),
        pytest.param(framed(203), id="an order in protobuf"),
        pytest.param(framed(258), id="a global cancel in protobuf"),
        pytest.param(framed(9) + framed(203), id="an order behind a question"),
        pytest.param(framed(409), id="a question's id too high"),
        pytest.param(framed(0), id="no id"),
        pytest.param(framed(0xFFFFFFFF), id="the highest id"),
        pytest.param(struct.pack("!I", 2) + b"9\0", id="a question whose id is text"),
        pytest.param(struct.pack("!I", 5) + b"9\0\0\0x", id="text that makes four bytes"),
        pytest.param(struct.pack("!I", 3) + b"\0\0\0", id="three bytes"),
        pytest.param(b"", id="no bytes"),
    ],
)
def test_the_connection_sends_nothing_but_one_allowed_message(version: int, message: bytes) -> None:
    with Rig(version) as rig:
        session = rig.gateway.open()
        before = len(rig.replay.frames)
        with pytest.raises(ForbiddenMessageError):
            session._connection.sendMsg(message)
        await_arrival(session)
        assert len(rig.replay.frames) == before + 1


@pytest.mark.parametrize("message_id", [9, 71, 91])
def test_every_question_may_leave_in_text_and_in_protobuf(message_id: int) -> None:
    with Rig(NEWEST) as rig:
        session = rig.gateway.open()
        before = len(rig.replay.frames)
        session._connection.sendMsg(framed(message_id))
        session._connection.sendMsg(framed(message_id + 200))
        await_arrival(session)
        assert len(rig.replay.frames) == before + 3
