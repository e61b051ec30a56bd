"""However a reply arrives, a product is stored whole or not at all."""

from __future__ import annotations

import pytest

from e2e.fault_matrix.ordeals import INSTALLED, Fate, Ordeal
from e2e.fault_matrix.replies import rows_of
from e2e.fault_matrix.rig import SPEAKS_PROTOBUF, Rig
from gateway.faults import (
    Chunked,
    Drip,
    EndWithExtraField,
    Fault,
    ForeignRows,
    HangUpAfterRows,
    InsertedBytes,
    Late,
    NoEndMarker,
    PaddedReply,
    PauseAfterBytes,
    ReplacedField,
)
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from thoroughness import how_many, some_of

MEGABYTES_OF_A_RUN = 50
"""By how much a run may need more memory than one in which nothing goes wrong."""


@pytest.mark.parametrize("multiple", some_of([4096, 8192, 12288], 2))
def test_a_reply_that_fills_its_buffers_exactly_is_whole(rig: Rig, multiple: int) -> None:
    fault = PaddedReply(multiple=multiple)
    rig.endure(Ordeal(faults=[fault], fate=Fate.RENEWED, connections=1))


@pytest.mark.parametrize("count", [8192, 4096][: how_many(1, 2)])
def test_a_reply_that_pauses_in_the_middle_of_a_row_is_whole(rig: Rig, count: int) -> None:
    fault = PauseAfterBytes(count=count, seconds=1)
    rig.endure(Ordeal(faults=[fault], fate=Fate.RENEWED, connections=1, seconds=1))


def test_a_reply_that_comes_byte_by_byte_is_whole_and_costs_no_more_than_twice(rig: Rig) -> None:
    ordeal = Ordeal(faults=[Chunked(size=1)], fate=Fate.RENEWED, connections=1, launcher=INSTALLED)
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    rig.check(ordeal, endured, before)
    usual = rig.recover(ordeal)
    costs = [endured.cpu_seconds]
    while min(costs) >= 2 * usual.cpu_seconds and len(costs) < 3:  # what else runs makes it dearer
        again = rig.attempt(ordeal)
        rig.check_run(ordeal, again)
        costs.append(again.cpu_seconds)
    assert min(costs) < 2 * usual.cpu_seconds


def test_a_reply_without_its_end_fails_at_the_idle_deadline(any_rig: Rig) -> None:
    endured = any_rig.endure(
        Ordeal(
            faults=[NoEndMarker()],
            code=4,
            message="nothing arrived for 0.5 s",
            settings={"idle_timeout": 0.5},
            seconds=0.5,
        )
    )
    assert endured.took >= 0.5
    (failed,) = (
        row for row in any_rig.store.tables()["run_products"] if row["outcome"].value == "failed"
    )
    assert failed["error"] == "ReplyTimeoutError"


def test_a_reply_that_drips_without_end_fails_at_the_total_deadline(rig: Rig) -> None:
    endured = rig.endure(
        Ordeal(
            faults=[Drip(seconds=0.2, rounds=400)],
            code=4,
            message="incomplete after 1.5 s",
            settings={"total_timeout": 1.5},
            seconds=1.5,
        )
    )
    assert endured.took >= 1.5


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("first", "code", "fate"),
    [(1, 0, Fate.RENEWED), (None, 3, Fate.UNCHANGED)],
    ids=["once", "always"],
)
def test_a_line_that_drops_halfway_costs_a_retry_or_the_product(
    any_rig: Rig, first: int | None, code: int, fate: Fate, reset: bool
) -> None:
    fault = HangUpAfterRows(rows=10, reset=reset, first=first)
    any_rig.endure(Ordeal(faults=[fault], code=code, fate=fate))


UNKNOWN = b"\0\0\x03\xe7x" if SPEAKS_PROTOBUF else b"999\0x\0"
NO_ID = b"\0\0\0\0" if SPEAKS_PROTOBUF else b"0\0"


@pytest.mark.parametrize(
    "message", [pytest.param(UNKNOWN, id="unknown-id"), pytest.param(NO_ID, id="id-0")]
)
def test_a_message_that_is_no_part_of_a_reply_disturbs_none(rig: Rig, message: bytes) -> None:
    fault = InsertedBytes(data=wire_frame(message), before_row=2)
    rig.endure(Ordeal(faults=[fault], fate=Fate.RENEWED, connections=1))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\0\0\0", id="empty-frame"),
        pytest.param(wire_frame(b"x\0"), id="no-number"),
        pytest.param(wire_frame(b"\0\0"), id="two-bytes"),
    ],
)
def test_a_message_that_may_have_been_a_row_fails_the_product(rig: Rig, data: bytes) -> None:
    fault = InsertedBytes(data=data, before_row=2)
    rig.endure(Ordeal(faults=[fault], code=4, connections=1))


@pytest.mark.text_protocol
def test_an_end_with_a_field_too_many_fails_the_product_alone(rig: Rig) -> None:
    rig.endure(
        Ordeal(
            faults=[EndWithExtraField(symbol="ES")],
            code=4,
            symbols=("ES", "VIX"),
            spared=("ES",),
            fate=Fate.RENEWED,
            connections=1,
        )
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xff\xff\xff", id="absurd-length"),
        pytest.param(wire_frame(b"x" * (17 << 20)), id="17-megabytes"),
    ],
)
def test_a_frame_beyond_any_row_ends_the_session_at_once(rig: Rig, data: bytes) -> None:
    ordeal = Ordeal(
        faults=[InsertedBytes(data=data, before_row=2)],
        code=3,
        message="bytes announced",
        connections=2,
        launcher=INSTALLED,
    )
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    rig.check(ordeal, endured, before)
    usual = rig.recover(ordeal)
    assert endured.peak_megabytes < usual.peak_megabytes + MEGABYTES_OF_A_RUN


def test_two_thousand_rows_are_taken_in_within_seconds(rig: Rig) -> None:
    rows = (rows_of("ES")[0],) * 2_000
    ordeal = Ordeal(
        faults=[ForeignRows(rows=rows)],
        fate=Fate.RENEWED,
        seconds=5,
        connections=1,
        launcher=INSTALLED,
    )
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    rig.check(ordeal, endured, before)
    usual = rig.recover(ordeal)
    assert endured.cpu_seconds < max(5.0, 10 * usual.cpu_seconds)  # on a slow machine more


def test_late_rows_of_a_request_that_timed_out_reach_no_other_product(rig: Rig) -> None:
    faults: list[Fault] = [
        Late(symbol="ES", seconds=3),
        Drip(symbol="VIX", seconds=0.3),
    ]
    rig.endure(
        Ordeal(
            faults=faults,
            code=4,
            message="incomplete after 2 s",
            symbols=("ES", "VIX"),
            spared=("ES",),
            fate=Fate.OLD_OR_NEW,
            settings={"total_timeout": 2, "idle_timeout": 1},
            seconds=4,
        )
    )


def test_rows_of_a_session_that_broke_reach_no_later_one(rig: Rig) -> None:
    faults: list[Fault] = [
        HangUpAfterRows(rows=12, first=1),
        ReplacedField(row=None, field="long_name", value="of the session that broke", first=1),
    ]
    rig.endure(Ordeal(faults=faults, fate=Fate.RENEWED, connections=2))
