from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.dialects import dialect_for
from gateway.dialects.text import wire_index
from ibkr_sync.infrastructure.replay.protocol.contract_data import (
    ContractDataError,
    ContractDataLayout,
)
from ibkr_sync.infrastructure.replay.protocol.wire import fields_from_wire
from ibkr_sync.infrastructure.replay.rows import ContractRow
from one_case import one_case


@one_case("version", [156, 227, 0, -1])
def test_a_version_that_is_not_spoken_has_no_dialect(version: int) -> None:
    with pytest.raises(ValueError, match=r"outside 157\.\.226"):
        dialect_for(version)


@one_case("version", range(157, 201))
def test_a_field_is_found_on_the_wire_by_name(
    version: int, make_row: Callable[..., ContractRow]
) -> None:
    layout = ContractDataLayout(version)
    row = make_row(market_rule_ids="67,32")
    wire = layout.encode(row, "1")
    assert wire[wire_index(layout, "market_rule_ids", wire)] == "67,32"
    assert wire[wire_index(layout, "symbol", wire)] == row.symbol


def test_a_field_that_a_version_does_not_send_has_no_place(
    make_row: Callable[..., ContractRow],
) -> None:
    layout = ContractDataLayout(181)
    with pytest.raises(ContractDataError, match="not sent at server version 181"):
        wire_index(layout, "last_trade_date", layout.encode(make_row(), "1"))


def test_a_field_can_be_replaced_by_name_and_by_place(make_row: Callable[..., ContractRow]) -> None:
    dialect = dialect_for(176)
    row = dialect.contract_data(make_row(), 1)
    by_name = fields_from_wire(dialect.with_field(row, "long_name", "other"))
    assert "other" in by_name
    assert len(by_name) == len(fields_from_wire(row))
    assert fields_from_wire(dialect.with_field(row, 0, "11"))[0] == "11"


def test_a_field_left_out_is_an_empty_one(make_row: Callable[..., ContractRow]) -> None:
    dialect = dialect_for(176)
    whole = fields_from_wire(dialect.contract_data(make_row(), 1))
    without = fields_from_wire(
        dialect.without_field(dialect.contract_data(make_row(), 1), "min_tick")
    )
    assert [name for name, value in zip(whole, without, strict=True) if name != value] == ["0.25"]
    assert len(without) == len(whole)


def test_an_end_marker_can_lack_its_request_id() -> None:
    dialect = dialect_for(176)
    assert dialect.without_req_id(dialect.contract_data_end(12)) == b"52\x001\x00\0"
