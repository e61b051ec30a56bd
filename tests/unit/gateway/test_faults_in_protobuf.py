from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.tws_protobuf import decode_payload
from gateway import faults
from gateway.dialects import dialect_for
from gateway.faults import Fault, FaultScript, Occasion, Situation
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyBytes,
    ReplyMessage,
    ReplyPart,
    Step,
    reply_in_few_writes,
)
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow

DIALECT = dialect_for(226)
SITUATION = Situation(
    occasion=Occasion.CONTRACT_DATA,
    dialect=DIALECT,
    now=datetime(2026, 11, 23, tzinfo=UTC),
    request=ContractDataRequest(req_id=12, symbol="ES", sec_type="FUT"),
)


@pytest.fixture
def plan(make_row: Callable[..., ContractRow]) -> Plan:
    rows = (make_row(con_id=str(number)) for number in (1, 2, 3))
    return [
        *(ReplyMessage(DIALECT.contract_data(row, 12), ReplyPart.ROW) for row in rows),
        ReplyMessage(DIALECT.contract_data_end(12), ReplyPart.END),
    ]


def _said(plan: Plan, *script: Fault) -> list[Any]:
    """What comes of a reply: rows as dictionaries, errors by code, other steps as they are."""
    said: list[Any] = []
    for step in FaultScript(script).rewrite(plan, SITUATION):
        if isinstance(step, ReplyMessage):
            raw_id, content = decode_payload(step.payload)
            said.append(content if raw_id != 204 else content["code"])
        else:
            said.append(step)
    return said


def _payload(plan: Plan, fault: Fault, row: int = 1) -> bytes:
    return _bytes(FaultScript([fault]).rewrite(plan, SITUATION)[row])


def _bytes(step: Step) -> bytes:
    assert isinstance(step, ReplyMessage)
    return step.payload


@pytest.mark.parametrize("part", ["contract", "contract_details"])
def test_a_row_can_lack_a_submessage(plan: Plan, part: str) -> None:
    first, second, third, end = _said(plan, faults.DroppedField(row=1, field=part))
    assert second.keys() == {"req_id", "contract", "details"} - {part.replace("contract_", "")}
    assert first.keys() == third.keys() == {"req_id", "contract", "details"}
    assert end == {"req_id": 12}


def test_every_row_can_lack_a_field(plan: Plan) -> None:
    *rows, _ = _said(plan, faults.DroppedField(row=None, field="time_zone_id"))
    assert [row["details"].get("time_zone_id") for row in rows] == [None] * 3


def test_a_text_can_be_bytes_that_are_no_utf_8(plan: Plan) -> None:
    broken = _payload(plan, faults.ReplacedField(row=1, field="long_name", value=b"\xff\xfe"))
    with pytest.raises(UnicodeDecodeError):
        decode_payload(broken)


@pytest.mark.parametrize("value", ["abc", "", "nan", "-0.25"])
def test_a_minimum_tick_can_be_anything(plan: Plan, value: str) -> None:
    _, second, *_ = _said(plan, faults.ReplacedField(row=1, field="min_tick", value=value))
    assert second["details"]["min_tick"] == value


def test_a_row_can_be_cut_at_every_byte(plan: Plan) -> None:
    whole = _bytes(plan[1])
    for size in range(len(whole) + 1):
        assert _payload(plan, faults.CutRow(row=1, size=size)) == whole[:size]


def test_an_end_marker_can_lack_its_request_id_or_have_more(plan: Plan) -> None:
    assert _said(plan, faults.EndWithoutRequestId())[-1] == {}
    extended = _payload(plan, faults.EndWithExtraField(value="x"), row=3)
    assert extended.startswith(_bytes(plan[3]))
    assert len(extended) > len(_bytes(plan[3]))


def test_errors_and_foreign_rows_are_protobuf_too(
    plan: Plan, make_row: Callable[..., ContractRow]
) -> None:
    assert _said(plan, faults.ErrorReply(code=200)) == [200]
    assert _said(plan, faults.PortReset(new_port=4003, occasion=None)) == [1300, HangUpPart()]
    said = _said(plan, faults.ForeignRows(rows=(make_row(symbol="NQ"),), before_row=1))
    assert [item["contract"]["symbol"] for item in said[:4]] == ["ES", "NQ", "ES", "ES"]
    assert said[1]["req_id"] == 12


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(multiple=st.sampled_from([64, 256, 4096, 32768]), rows=st.integers(0, 3))
def test_a_padded_reply_is_an_exact_multiple_and_keeps_its_rows(
    multiple: int, rows: int, plan: Plan
) -> None:
    reply = plan[3 - rows :]
    padded = FaultScript([faults.PaddedReply(multiple=multiple)]).rewrite(reply, SITUATION)
    size = sum(
        len(step.data) for step in reply_in_few_writes(padded) if isinstance(step, ReplyBytes)
    )
    assert size % multiple == 0
    assert padded[1:] == reply
    assert decode_payload(_bytes(padded[0]))[1]["code"] == 2104
