from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.recordings import RECORDED_ES
from fakes.tws_client import decode_contract_data
from gateway.dialects.text import wire_index
from ibkr_sync.infrastructure.replay.protocol.contract_data import (
    ContractDataError,
    ContractDataLayout,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow
from one_case import one_case
from recorded_es import FRAME

VERSIONS = range(157, 201)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
ROWS = st.builds(
    ContractRow,
    **{
        field.name: PAIRS if field.name in ("sec_id_list", "ineligibility_reasons") else TEXT
        for field in fields(ContractRow)
    },
).filter(lambda row: row.sec_type != "FUND")


@given(ROWS, st.sampled_from(VERSIONS))
def test_every_version_lays_rows_out_as_the_protocol_says(row: ContractRow, version: int) -> None:
    wire = ContractDataLayout(version).encode(row, "9000")
    decoded = decode_contract_data(wire, version)
    assert decoded.pop("req_id") == "9000"
    if version == 163:
        assert decoded.pop("size_min_tick") == row.min_size
    assert decoded.items() <= asdict(row).items()


@given(ROWS, st.sampled_from(VERSIONS))
def test_what_a_version_sends_is_decoded_as_it_was_encoded(row: ContractRow, version: int) -> None:
    layout = ContractDataLayout(version)
    decoded = layout.decode(layout.encode(row, "1"))
    sent = {other.name for other in fields(ContractRow)} & set(layout.names)
    assert {name: getattr(decoded, name) for name in sent} == {
        name: getattr(row, name) for name in sent
    }
    assert layout.encode(decoded, "1") == [
        field if name != "size_min_tick" else "1"
        for name, field in _named(layout, layout.encode(row, "1"))
    ]


@one_case("version", range(164, 182))
def test_the_recorded_frame_is_laid_out_as_it_was_recorded(version: int) -> None:
    (row,) = RECORDED_ES.contracts
    layout = ContractDataLayout(version)
    fields = FRAME.split("|")[:-1]
    assert layout.decode(fields) == row
    assert layout.encode(row, "9000") == fields


@pytest.mark.parametrize("version", [157, 163, 176, 182, 200])
def test_a_row_cut_anywhere_names_the_missing_field(
    version: int, make_row: Callable[..., ContractRow]
) -> None:
    layout = ContractDataLayout(version)
    wire = layout.encode(make_row(), "1")
    missing = []
    for count in range(len(wire)):
        with pytest.raises(ContractDataError) as caught:
            layout.decode(wire[:count])
        missing.append(caught.value.field)
    assert missing == list(layout.names)


def test_a_surplus_field_is_refused(make_row: Callable[..., ContractRow]) -> None:
    layout = ContractDataLayout(176)
    with pytest.raises(ContractDataError, match="1 more fields follow"):
        layout.decode([*layout.encode(make_row(), "1"), ""])


@pytest.mark.parametrize("count", ["x", "-1", "", "999999999"])
def test_an_impossible_count_of_pairs_is_refused(
    count: str, make_row: Callable[..., ContractRow]
) -> None:
    layout = ContractDataLayout(176)
    wire = layout.encode(make_row(), "1")
    wire[wire_index(layout, "sec_id_list", wire)] = count
    with pytest.raises(ContractDataError) as caught:
        layout.decode(wire)
    assert caught.value.field == "sec_id_list"


def test_a_fund_is_refused_where_fund_fields_would_follow(
    make_row: Callable[..., ContractRow],
) -> None:
    fund = make_row(sec_type="FUND")
    assert ContractDataLayout(178).encode(fund, "1")
    with pytest.raises(ContractDataError, match="fund"):
        ContractDataLayout(179).encode(fund, "1")


def _named(layout: ContractDataLayout, wire: list[str]) -> list[tuple[str, str]]:
    """Pair each wire field with its name; the fields of pair lists share theirs."""
    starts = {wire_index(layout, name, wire): name for name in layout.names}
    named = []
    name = ""
    for index, field in enumerate(wire):
        name = starts.get(index, name)
        named.append((name, field))
    return named
