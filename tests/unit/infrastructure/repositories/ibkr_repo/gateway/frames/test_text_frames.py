"""What is read of a text frame before ibapi sees it, checked against another encoder."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from fakes.recordings import contract_row
from gateway.dialects.text import wire_index
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    RowText,
    make_text_decodable,
    message_id_of_text,
    read_row_text,
    request_id_of_text,
    split_text_frame,
)
from one_case import one_case

TEXT_VERSIONS = range(157, 201)

ROW = dataclasses.replace(
    contract_row(examples.ES.contracts[0]),
    last_trade_date_or_contract_month="20261218 08:30 US/Central",
    last_trade_date="20261218",
    min_tick="0.25",
    multiplier="50",
    long_name="E-mini S&P 500\\",
    ev_rule="rule",
    ev_multiplier="0.5",
)


@one_case("version", TEXT_VERSIONS)
def test_the_fields_that_ibapi_loses_are_found_at_every_server_version(version: int) -> None:
    fields = split_text_frame(wire_from_fields(ContractDataLayout(version).encode(ROW, "4711")))
    assert message_id_of_text(fields) == 10
    assert request_id_of_text(fields, version) == 4711
    assert read_row_text(fields, version) == RowText(
        last_trade="20261218 08:30 US/Central",
        multiplier="50",
        long_name="E-mini S&P 500\\",
        economic_value_multiplier="0.5",
        min_tick="0.25",
        price_magnifier="1",
        underlying_con_id=ROW.under_con_id,
        settlement_method="",
    )


@one_case("version", TEXT_VERSIONS)
def test_only_what_ibapi_may_stumble_over_is_emptied_for_it(version: int) -> None:
    layout = ContractDataLayout(version)
    wire = layout.encode(ROW, "1")
    emptied = [
        part.decode()
        for part in make_text_decodable(split_text_frame(wire_from_fields(wire)), version)
    ]
    names = ["long_name", "ev_multiplier", "min_tick", "price_magnifier", "under_con_id", "strike"]
    if version < 164:
        names.append("md_size_multiplier")
    for name in names:
        wire[wire_index(layout, name, wire)] = ""
    assert emptied == wire


@one_case("version", TEXT_VERSIONS)
def test_a_row_that_ends_before_the_last_fixed_field_is_refused(version: int) -> None:
    layout = ContractDataLayout(version)
    wire = layout.encode(ROW, "1")
    last = wire_index(layout, "ev_multiplier", wire)
    whole = split_text_frame(wire_from_fields(wire))
    assert read_row_text(whole[: last + 1], version).economic_value_multiplier == "0.5"
    for length in range(last + 1):
        with pytest.raises(MalformedFrameError):
            read_row_text(whole[:length], version)


@one_case("version", [157, 200])
def test_the_request_id_of_an_end_marker_follows_its_version(version: int) -> None:
    assert request_id_of_text((b"52", b"1", b"4711"), version) == 4711


def test_a_field_that_is_not_ended_is_no_field() -> None:
    assert split_text_frame(b"10\x008\x0047") == (b"10", b"8")


@one_case(
    ("sent", "read"),
    [
        (b"Soci\\u00e9t\\u00E9", "Société"),
        ("Société".encode(), "Société"),
        (b"\\ud83d\\ude80", "\U0001f680"),
        (b"\\ud83d!", "\ufffd!"),
        (b"a\xe9b", "a\ufffdb"),
        (b"\\u12", "\\u12"),
        (b"\\n \\x41 \\", "\\n \\x41 \\"),
        (b"", ""),
    ],
)
def test_a_long_name_is_read_in_whatever_way_it_was_written(sent: bytes, read: str) -> None:
    wire = ContractDataLayout(157).encode(ROW, "1")
    at = wire_index(ContractDataLayout(157), "long_name", wire)
    fields = [*split_text_frame(wire_from_fields(wire))]
    fields[at] = sent
    assert read_row_text(tuple(fields), 157).long_name == read


@given(st.binary(max_size=200), st.sampled_from([157, 163, 164, 182, 200, 201, 226]))
def test_no_bytes_make_reading_a_message_fail_in_another_way(data: bytes, version: int) -> None:
    try:
        message = message_in_frame(data, version)
        message.request_id()
        message.row_text()
        message.decodable()
    except MalformedFrameError:
        pass


@given(st.lists(st.binary(max_size=8).filter(lambda item: b"\0" not in item), max_size=50))
def test_fields_are_cut_at_every_nul(fields: list[bytes]) -> None:
    assert split_text_frame(b"".join(field + b"\0" for field in fields)) == tuple(fields)
