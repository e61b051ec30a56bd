"""What a gateway sent, as text or protobuf, is what a recording of it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.dialects.contract_data_protobuf import encode_row
from gateway.dialects.protobuf_wire import integer_field
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import RawReplyError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.replay.recording import Recording, parse_recording
from ibkr_sync.infrastructure.replay.reply_recorder import ReplyRecorder
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_rows import (
    ProtobufRowReader,
)
from one_case import one_case
from recorded_rows import RECORDED_ROWS

KEY = ProductKey("ES", "CME", "ES")
AT = datetime(2026, 11, 24, 23, 30, 5, 120000, tzinfo=UTC)
ROWS = tuple(
    {
        (row.row.con_id, row.row.exchange): row.row for row in RECORDED_ROWS if row.row.con_id
    }.values()
)
IN_TEXT_ALONE: dict[str, Any] = {"md_size_multiplier": "1"}
"""What protobuf has no field for, with what a recording says then."""

NOT_IN_PROTOBUF = {"under_con_id": ("0", ""), "agg_group": ("2147483647", "")}
"""What protobuf says by leaving it out."""


def frame(row: ContractRow, version: int) -> bytes:
    """A row as a gateway of that version sends it, to the request 7."""
    if version >= 205:
        return (210).to_bytes(4, "big") + integer_field(1, 7) + encode_row(row)
    fields = ContractDataLayout(version).encode(row, "7")
    if version <= 200:
        return wire_from_fields(fields)
    return (10).to_bytes(4, "big") + wire_from_fields(fields[1:])


def end(version: int) -> bytes:
    if version >= 205:
        return (252).to_bytes(4, "big") + integer_field(1, 7)
    return b"52\x001\x007\x00" if version <= 200 else (52).to_bytes(4, "big") + b"1\x007\x00"


def reply(version: int, *rows: ContractRow, answers: tuple[ContractRow, ...] = ()) -> Evidence:
    return Evidence(
        received_at=AT,
        server_version=version,
        client_version="10.45",
        frames=(*(frame(row, version) for row in rows), end(version)),
        answers=tuple(part for row in answers for part in (frame(row, version), end(version))),
    )


def recorded(*replies: Evidence, ladders: tuple[MarketRule, ...] = ()) -> Recording:
    recorder = ReplyRecorder(ProtobufRowReader())
    for evidence in replies:
        recorder.add(KEY, evidence)
    text = recorder.text(ladders, is_sample=False)
    assert "7|" not in {line.removeprefix("10|8|").removeprefix("10|")[:2] for line in text.split()}
    return parse_recording(text, "x")


@one_case("version", [157, 163, 164, 182, 187, 200, 201, 204])
def test_text_is_recorded_as_it_was_sent(version: int) -> None:
    layout = ContractDataLayout(version)
    sent = tuple(layout.decode(layout.encode(row, "7")) for row in ROWS)
    found = recorded(reply(version, *ROWS))
    assert found.contracts == sent
    assert found.recorded_at_server_version == min(version, 200)
    assert (found.received_at, found.sample) == (AT, False)


@one_case("row", ROWS)
def test_protobuf_is_recorded_as_text_would_have_been_sent(row: ContractRow) -> None:
    (found,) = recorded(reply(223, row)).contracts
    said: dict[str, Any] = {
        name: absent
        for name, (text, absent) in NOT_IN_PROTOBUF.items()
        if getattr(row, name) == text
    }
    expected = replace(row, **IN_TEXT_ALONE, **said, settlement_method="")
    for name in ("multiplier", "ev_multiplier", "strike"):  # doubles
        assert Decimal(getattr(found, name) or 0) == Decimal(getattr(row, name) or 0)
        expected = replace(expected, **{name: getattr(found, name)})
    assert found == expected


def test_a_name_is_escaped_as_text_escapes_it(make_row: Callable[..., ContractRow]) -> None:
    row = make_row(long_name="Soci\\u00e9t\\u00e9 \\ud83d\\ude00", sec_id_list=(("ISIN", "DE0"),))
    (found,) = recorded(reply(205, row)).contracts
    assert (found.long_name, found.sec_id_list) == (row.long_name, row.sec_id_list)


def test_what_was_said_last_counts_and_answers_stand_apart(
    make_row: Callable[..., ContractRow],
) -> None:
    first, second = make_row(), make_row(con_id="2", local_symbol="ESU7")
    later, alone = make_row(min_tick="0.5"), make_row(con_id="3", local_symbol="ESZ7")
    ladder = MarketRule(
        market_rule_id=67,
        increments=(PriceIncrement(low_edge=Decimal("-1E+2"), increment=Decimal("0.250")),),
    )

    found = recorded(
        reply(176, first, answers=(second, alone)),
        reply(157, later, second),
        ladders=(ladder,),
    )

    assert found.contracts == (later, second)
    assert found.answers == (alone,)
    assert found.market_rules == (
        MarketRuleRow(market_rule_id="67", increments=(("-100", "0.250"),)),
    )


def test_what_contradicts_itself_in_one_reply_does_so_again(
    make_row: Callable[..., ContractRow],
) -> None:
    row, other = make_row(), make_row(currency="EUR")
    assert recorded(reply(176, row, other, row)).contracts == (row, other)


def test_what_can_not_be_recorded_is_refused_as_a_whole(
    make_row: Callable[..., ContractRow],
) -> None:
    recorder = ReplyRecorder(ProtobufRowReader())
    for evidence in (
        reply(176, make_row(), make_row(con_id="0")),
        replace(reply(176, make_row()), frames=(b"10\x00ES", end(176))),
        replace(reply(223), frames=(b"\0\0\0\xd2\x12\x05", end(223))),
        reply(223, make_row(long_name="a\0b")),
        reply(223, make_row(con_id="")),
    ):
        with pytest.raises(RawReplyError, match="can't be recorded"):
            recorder.add(KEY, evidence)
    assert recorder.add(KEY, reply(176, make_row())) == 1
    assert recorder.market_rule_ids() == {67}
    assert len(parse_recording(recorder.text((), is_sample=True), "x").contracts) == 1
