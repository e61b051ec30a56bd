"""A refresh retries transient failures, never beyond its deadline."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from e2e.command_line import wait_until
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.processes import send
from e2e.fault_matrix.replies import rows_of
from e2e.fault_matrix.rig import Rig, asking
from e2e.preloaded import Process
from gateway.faults import (
    ErrorReply,
    Fault,
    HangUpAfterRows,
    KeptRows,
    Late,
    NoEndMarker,
    Notice,
    PauseAfterRows,
    ReplacedField,
)
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.retry_policy import FIRST_PAUSE

SEVERAL = ("ES", "VIX", "CL")
DEADLINE_SECONDS = 3
DEADLINE = ("--deadline", f"{DEADLINE_SECONDS}s")
IMPATIENT = {"idle_timeout": 0.5}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(NoEndMarker(symbol="ES", first=1), id="no-end"),
        pytest.param(Late(symbol="ES", seconds=1.5, first=1), id="late"),
        pytest.param(HangUpAfterRows(symbol="ES", rows=9, first=2), id="dropped-twice"),
        pytest.param(ErrorReply(symbol="ES", code=100, first=1), id="too-fast"),
    ],
)
def test_what_fails_in_passing_is_whole_in_the_end(rig: Rig, fault: Fault) -> None:
    """Rows that come too late belong to nobody by then."""
    rig.endure(
        Ordeal(
            faults=[fault],
            command="refresh",
            symbols=SEVERAL,
            fate=Fate.RENEWED,
            settings=IMPATIENT,
            seconds=3,
        )
    )


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        pytest.param(NoEndMarker(symbol="ES"), {4}, id="no-end"),
        pytest.param(HangUpAfterRows(symbol="ES", rows=9), {3, 4}, id="dropped"),
        pytest.param(Notice(symbol="ES", code=1100, before_row=3), {4, 8}, id="outage"),
        pytest.param(ErrorReply(symbol="ES", code=100), {4}, id="too-fast"),
    ],
)
def test_what_fails_for_ever_ends_with_the_deadline_and_costs_no_other_product(
    any_rig: Rig, fault: Fault, codes: set[int]
) -> None:
    endured = any_rig.endure(
        Ordeal(
            faults=[fault],
            command="refresh",
            options=DEADLINE,
            code=frozenset(codes),
            symbols=("VIX", "CL", "ES"),
            spared=("ES",),
            fate=Fate.RENEWED,
            settings=IMPATIENT,
            seconds=DEADLINE_SECONDS,
        )
    )
    assert endured.gateway is not None
    assert endured.gateway.connections < 12


@pytest.mark.representative
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(KeptRows(symbol="ES", count=9), 4, id="shrunken"),
        pytest.param(ReplacedField(symbol="ES", field="symbol", value="NQ"), 4, id="foreign"),
        pytest.param(ErrorReply(code=321, symbol="ES"), 4, id="refused"),
    ],
)
def test_what_is_wrong_with_a_product_is_not_asked_again(rig: Rig, fault: Fault, code: int) -> None:
    rig.endure(
        Ordeal(
            faults=[fault],
            command="refresh",
            code=code,
            symbols=("VIX", "ES", "CL"),
            spared=("ES",),
            fate=Fate.RENEWED,
            connections=1,
        )
    )


def test_error_200_for_everything_changes_nothing(any_rig: Rig) -> None:
    any_rig.endure(
        Ordeal(
            faults=[ErrorReply(code=200)],
            command="refresh",
            options=DEADLINE,
            symbols=SEVERAL,
            # On a slow machine the deadline may cut the round that is asked again.
            code=frozenset({4, 8}),
            settings=IMPATIENT,
            seconds=DEADLINE_SECONDS,
        )
    )


def test_a_gateway_that_never_comes_is_waited_for_until_the_deadline(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ordeal = Ordeal(code=3, seconds=DEADLINE_SECONDS, command="refresh")
    before = rig.store.tables()
    endured = rig.run(*asking(["ES"], port, "refresh"), *DEADLINE)
    rig.check(ordeal, endured, before)
    assert endured.took >= FIRST_PAUSE


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_refresh_that_pauses_between_two_tries_stops_at_once(
    rig: Rig, signal_number: signal.Signals
) -> None:
    stopped_at = []

    def stop(process: Process, _: ScriptedGateway) -> None:
        wait_until(lambda: "asking again in 2 s" in rig.logged())
        stopped_at.append(time.monotonic())
        send(process, signal_number)

    ordeal = Ordeal(
        faults=[NoEndMarker()],
        command="refresh",
        code=128 + signal_number,
        during=stop,
        settings=IMPATIENT,
        seconds=0.5,
    )
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    took = time.monotonic() - stopped_at[0]
    rig.check(ordeal, endured, before)
    assert took < FIRST_PAUSE - 0.5


def test_a_refresh_that_is_killed_before_a_reply_is_whole_changes_nothing(any_rig: Rig) -> None:
    def kill(process: Process, gateway: ScriptedGateway) -> None:
        wait_until(lambda: len(gateway.frames) >= 3)
        time.sleep(0.1)
        send(process, signal.SIGKILL)

    half = PauseAfterRows(symbol="ES", rows=len(rows_of("ES")) // 2, seconds=5)
    any_rig.endure(
        Ordeal(
            faults=[half],
            command="refresh",
            symbols=("ES",),
            code=-signal.SIGKILL,
            during=kill,
        )
    )
