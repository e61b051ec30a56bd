from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.errors import RecordingError
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.recording import (
    Recording,
    format_recording,
    parse_recording,
    read_recording,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from one_case import one_case

ES_JUN25 = Path(__file__).parents[3] / "data" / "es_jun25.replay"
HEADER = "# ibkr-sync replay 1\n# server-version 176\n"

TEXT = st.text(
    st.one_of(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
        st.sampled_from("|\\\n\r\t\x1b\x7f\x85\u2028\u202e\udc80\udcff\U000e0001"),
    ),
    max_size=12,
)
INSTANTS = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - with its zone
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).map(str)


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Recordings of any version whose rows hold only what that version sends."""
    version = draw(st.integers(157, 200))
    sent = {field.name for field in fields(ContractRow)} & set(ContractDataLayout(version).names)
    pairs = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
    values = {
        name: pairs if name in ("sec_id_list", "ineligibility_reasons") else TEXT for name in sent
    }
    values["con_id"] = st.integers(1, 2**31 - 1).map(str)
    rows = st.builds(ContractRow, **values).filter(lambda row: row.sec_type != "FUND")
    rules = st.builds(
        MarketRuleRow,
        market_rule_id=st.integers(0, 9999).map(str),
        increments=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple),
    )
    return Recording(
        contracts=tuple(draw(st.lists(rows, max_size=3))),
        answers=tuple(draw(st.lists(rows, max_size=1))),
        market_rules=tuple(draw(st.lists(rules, max_size=2))),
        sample=draw(st.booleans()),
        recorded_at_server_version=version,
        received_at=draw(st.none() | INSTANTS),
    )


@given(recordings())
def test_what_is_written_is_read_back(recording: Recording) -> None:
    assert parse_recording(format_recording(recording), "x") == recording


@given(recordings())
def test_each_message_is_one_printable_line(recording: Recording) -> None:
    *lines, after_last = format_recording(recording).split("\n")
    messages = [line for line in lines if not line.startswith("#")]
    rows = (*recording.contracts, *recording.answers)
    assert len(messages) == len(rows) + len(recording.market_rules)
    assert all(line.isprintable() for line in lines)
    assert after_last == ""


@given(st.text())
def test_any_text_is_a_recording_or_one_clear_error(text: str) -> None:
    for candidate in (text, HEADER + text, f"{HEADER}10|{text}"):
        outcome: Recording | str
        try:
            outcome = parse_recording(candidate, "name.replay")
        except RecordingError as error:
            outcome = str(error)
        assert isinstance(outcome, Recording) or outcome.startswith("name.replay: ")


def test_the_recorded_frame_of_es_is_understood() -> None:
    recording = read_recording(ES_JUN25)
    (row,) = recording.contracts
    assert (row.local_symbol, row.con_id, row.multiplier) == ("ESM5", "620731015", "50")
    assert (row.contract_month, row.real_expiration_date) == ("202506", "20250620")
    assert row.trading_hours.count(";") == row.liquid_hours.count(";") == 5
    assert row.agg_group == "2147483647"
    (rule,) = recording.market_rules
    assert (rule.market_rule_id, rule.increments) == ("67", (("0", "0.25"),))
    assert (recording.recorded_at_server_version, recording.sample) == (176, False)


def test_comments_blank_lines_and_carriage_returns_do_not_matter() -> None:
    text = f"{HEADER}\r\n# E-mini\r\n   \r\n# sampled by hand\n93|67|1|0|0.25|\r\n"
    recording = parse_recording(text, "x")
    assert recording.market_rules[0].increments == (("0", "0.25"),)
    assert not recording.sample


def test_a_request_id_from_a_log_is_ignored(make_row: Callable[..., ContractRow]) -> None:
    recording = Recording(contracts=(make_row(),), recorded_at_server_version=176)
    text = format_recording(recording)
    assert parse_recording(text.replace("10||", "10|9000|"), "x") == recording


def test_rows_of_no_known_version_are_written_as_the_newest(
    make_row: Callable[..., ContractRow],
) -> None:
    recording = Recording(contracts=(make_row(last_trade_date="20270618"),), sample=True)
    read = parse_recording(format_recording(recording), "x")
    assert read == replace(recording, recorded_at_server_version=200)


MALFORMED = {
    "": "x: line 1: expected '# ibkr-sync replay 1'",
    "93|67|1|0|0.25|": "x: line 1: expected '# ibkr-sync replay 1'",
    "# ibkr-sync replay 2\n": "x: line 1: format 2 is not known, only 1",
    "# ibkr-sync replay 1\n": "x: no '# server-version' line",
    "# ibkr-sync replay 1\n10||ES|": "x: line 2: a message before the '# server-version' line",
    "# ibkr-sync replay 1\n# server-version 201": (
        "x: line 2, field server-version: expected 157 to 200, not '201'"
    ),
    "# ibkr-sync replay 1\n# server-version x": (
        "x: line 2, field server-version: expected 157 to 200, not 'x'"
    ),
    f"{HEADER}# server-version 176": "x: line 3, field server-version: a second server version",
    f"{HEADER}# received-at noon": (
        "x: line 3, field received-at: expected an instant as 2026-11-24T23:30:00Z, not 'noon'"
    ),
    f"{HEADER}10||ES": "x: line 3, field 3: no | ends it",
    f"{HEADER}10||ES|": "x: line 3, field sec_type: missing; the message has 3 fields",
    f"{HEADER}10||E\\S|": "x: line 3, field 3: \\S is not an escape",
    f"{HEADER}10||E\\u0000S|": "x: line 3, field 3: \\u0000 is not an escape",
    f"{HEADER}10||E\\ud800S|": "x: line 3, field 3: \\ud800 is not an escape",
    f"{HEADER}10||E\\U00110000S|": "x: line 3, field 3: \\U00110000 is not an escape",
    f"{HEADER}10||E\0S|": "x: line 3, field 3: a field can't hold NUL",
    f"{HEADER}52|1|9|": "x: line 3, field message_id: unknown message '52'",
    f"{HEADER}93|": "x: line 3, field market_rule_id: expected a number, not ''",
    f"{HEADER}93|67|2|0|0.25|": (
        "x: line 3, field number of increments: says '2', but 2 fields follow"
    ),
    f"{HEADER}93|67|1|0|NaN|": "x: line 3, field increments: expected a number, not 'NaN'",
}


@one_case(("text", "message"), MALFORMED.items())
def test_a_malformed_file_is_refused_with_line_and_field(text: str, message: str) -> None:
    with pytest.raises(RecordingError) as caught:
        parse_recording(text, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize("con_id", ["", "0", "-1", "x", "1.5", "9" * 30])
def test_a_contract_without_a_con_id_is_refused(
    con_id: str, make_row: Callable[..., ContractRow]
) -> None:
    text = format_recording(
        Recording(contracts=(make_row(con_id=con_id),), recorded_at_server_version=176)
    )
    with pytest.raises(RecordingError, match="line 3, field con_id: expected a positive number"):
        parse_recording(text, "x")


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.replay"
    path.write_bytes(HEADER.encode() + b"93|67|\xff|\n")
    with pytest.raises(RecordingError, match="line 3: is not UTF-8"):
        read_recording(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"gone\.replay: No such file"):
        read_recording(tmp_path / "gone.replay")


def test_a_fund_can_not_be_written(make_row: Callable[..., ContractRow]) -> None:
    with pytest.raises(ValueError, match="fund"):
        format_recording(Recording(contracts=(make_row(sec_type="FUND"),)))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is no regular file"):
        read_recording(tmp_path)
