"""Whatever a gateway does wrong, the diagnosis names it, with the exit code of a run."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from fakes.clock import FakeClock
from fakes.gateway_rig import NEVER, NOW, QUICK, RECORDING, Serve
from gateway import faults
from gateway.faults import Fault, Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, Level
from ibkr_sync.domain.runs.diagnosis.gateway import USUAL_PORTS, GatewayFacts, judge_gateway
from ibkr_sync.infrastructure.replay.protocol.requests import StartApiRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.probes import gateway_probe
from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.gateway_probe import GatewayProbe
from ibkr_sync_cli.messages.fixes import explain_finding

NAMES = {faults.Fault, faults.FaultScript, faults.Occasion, faults.Situation}
HARMLESS = {
    faults.Chunked: "bytes may come one by one",
    faults.DuplicatedRow: "the same twice is once",
    faults.EarlyStart: "all may come in one segment",
    faults.KeptRows: "nothing says how many contracts there are",
    faults.Late: "only a deadline matters",
    faults.PaddedReply: "lengths don't matter",
    faults.PauseAfterBytes: "as it goes on before the deadline",
    faults.PauseAfterRows: "as it goes on before the deadline",
    faults.ShuffledRows: "the order of rows says nothing",
}

FOREIGN = tuple(row for row in RECORDING.contracts if row.symbol == "NQ")[:1]

TABLE: list[tuple[Fault, Check, int, str]] = [
    (faults.NoNextValidId(), Check.HANDSHAKE, 3, "said nothing"),
    (faults.HangUpAfterRows(occasion=Occasion.HELLO), Check.HANDSHAKE, 3, "hung up"),
    (faults.HangUpAfterRows(occasion=Occasion.START_API), Check.HANDSHAKE, 3, "hung up"),
    (faults.RawReply(data=b"HTTP/1.1 400 Bad\r\n\r\n"), Check.HANDSHAKE, 3, "is not TWS"),
    (faults.PortReset(new_port=4099), Check.HANDSHAKE, 3, "4099"),
    (faults.ServerVersionText(text="60"), Check.SERVER_VERSION, 3, "60; supported are 157"),
    (faults.ServerVersionText(text="abc"), Check.SERVER_VERSION, 3, "'abc'"),
    (faults.ClientIdInUse(), Check.CLIENT_ID, 3, "taken (326)"),
    (faults.Notice(code=1100), Check.DATA_FARMS, 8, "has lost IBKR (1100"),
    (faults.Notice(code=2110), Check.DATA_FARMS, 8, "has lost IBKR (2110"),
    (faults.Notice(code=2157), Check.DATA_FARMS, 8, "has lost IBKR (2157"),
    (faults.ErrorReply(code=200), Check.CONTRACT_DETAILS, 8, "does not know what it knew"),
    (faults.ErrorReply(code=321), Check.CONTRACT_DETAILS, 4, "321"),
    (faults.RateRefused(), Check.CONTRACT_DETAILS, 4, "refused our rate"),
    (faults.Silence(), Check.CONTRACT_DETAILS, 4, "nothing arrived"),
    (faults.NoEndMarker(), Check.CONTRACT_DETAILS, 4, "nothing arrived"),
    (faults.Drip(seconds=0.05, rounds=99), Check.CONTRACT_DETAILS, 4, "incomplete after"),
    (faults.HangUpAfterRows(rows=1), Check.CONTRACT_DETAILS, 3, "broke"),
    (faults.KeptRows(count=0), Check.CONTRACT_DETAILS, 8, "does not know what it knew"),
    (faults.EndWithExtraField(), Check.CONTRACT_DETAILS, 4, ""),
    (faults.EndWithoutRequestId(), Check.CONTRACT_DETAILS, 4, "request id"),
    (faults.TruncatedRow(fields=12), Check.CONTRACT_DETAILS, 4, "can't be trusted"),
    (faults.CutRow(size=100), Check.CONTRACT_DETAILS, 4, "can't be trusted"),
    (faults.DroppedField(field="con_id"), Check.CONTRACT_DETAILS, 4, "conId"),
    (faults.ReplacedField(field="symbol", value="NQ"), Check.CONTRACT_DETAILS, 4, "NQ"),
    (faults.ForeignRows(rows=FOREIGN), Check.CONTRACT_DETAILS, 4, "NQ"),
    (faults.InsertedBytes(data=b"\xff" * 8), Check.CONTRACT_DETAILS, 3, "broke"),
]

MARKS: dict[type[Fault], pytest.MarkDecorator] = {
    faults.EndWithExtraField: pytest.mark.text_protocol
}
"""In protobuf a field that nobody knows is none too many."""

SHORTENED: dict[type[Fault], dict[str, float]] = {
    faults.NoNextValidId: {"handshake_timeout": 0.3},
    faults.Silence: {"idle_timeout": 0.3},
    faults.NoEndMarker: {"idle_timeout": 0.3},
    faults.Drip: {"total_timeout": 0.3},
}
"""Where the end of a deadline is what is tried; a busy machine meets no other."""


def facts_of(replay: ScriptedGateway, **limits: float) -> GatewayFacts:
    known = QUICK | {"host": replay.host, "port": replay.port} | limits
    parameters = GatewayParameters(**known)  # type: ignore[arg-type]
    return GatewayProbe(parameters, load_catalogue(), FakeClock(NOW)).facts()


def findings_at(replay: ScriptedGateway, **limits: float) -> dict[Check, Finding]:
    return {finding.check: finding for finding in judge_gateway(facts_of(replay, **limits))}


@pytest.mark.parametrize(
    ("fault", "check", "code", "word"),
    [
        pytest.param(
            *row, marks=MARKS.get(type(row[0]), ()), id=f"{type(row[0]).__name__} {row[3]}"
        )
        for row in TABLE
    ],
)
def test_a_fault_is_named_where_it_occurs(
    serve: Serve, fault: Fault, check: Check, code: int, word: str
) -> None:
    found = findings_at(serve(fault), **SHORTENED.get(type(fault), {}))

    (failure,) = [other for other in found.values() if other.level is Level.FAILURE]
    message = explain_finding(failure)
    assert (failure.check, message.exit_code) == (check, code), message
    assert word in message.sentence
    assert message.next_step


def test_every_fault_is_named_or_does_no_harm() -> None:
    kinds = {getattr(faults, name) for name in faults.__all__} - NAMES
    assert {type(fault) for fault, *_ in TABLE} | HARMLESS.keys() == kinds


def test_a_gateway_that_is_well_is_asked_one_question(serve: Serve) -> None:
    replay = serve()
    found = findings_at(replay)

    assert {check.level for check in found.values()} == {Level.OK}, found
    assert "411" in found[Check.CLIENT_ID].found
    assert "secdefil" in found[Check.DATA_FARMS].found
    assert "ES@CME" in found[Check.CONTRACT_DETAILS].found
    assert replay.connections == 1
    assert len(replay.frames) == 3  # hello, start, contract details


def test_what_keeps_no_run_from_succeeding_is_a_warning(serve: Serve) -> None:
    replay = serve(
        faults.ClientIdInUse(client_ids=frozenset({411})),
        faults.Notice(code=2103, text="Market data farm connection is broken:usfarm"),
        faults.Notice(code=2105, text="HMDS data farm connection is broken:euhmds"),
        now=FakeClock(NOW + timedelta(minutes=7)),
    )
    found = findings_at(replay)

    warnings = {
        other.check: other.found for other in found.values() if other.level is Level.WARNING
    }
    assert warnings.keys() == {Check.CLIENT_ID, Check.DATA_FARMS, Check.CLOCK}
    assert warnings[Check.CLIENT_ID] == "411 taken (326), 412 is free"
    assert "down: euhmds (historical data), usfarm (market data);" in warnings[Check.DATA_FARMS]
    assert "0:07:00 ahead" in warnings[Check.CLOCK]
    starts = [request for request in replay.requests if isinstance(request, StartApiRequest)]
    assert [start.client_id for start in starts] == [411, 412]


def test_whatever_the_settings_allow_somebody_waits_for_the_answer(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gateway_probe._LONGEST, "handshake_timeout", 0.1)
    found = findings_at(serve(faults.Silence(occasion=Occasion.HELLO)), handshake_timeout=NEVER)
    assert found[Check.HANDSHAKE].level is Level.FAILURE


def test_where_nothing_listens_the_usual_ports_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = listener.getsockname()[1]
        monkeypatch.setitem(USUAL_PORTS, other, "TWS, paper")
        parameters = GatewayParameters(port=closed)
        facts = GatewayProbe(parameters, load_catalogue(), FakeClock(NOW)).facts()

    failure, *others = judge_gateway(facts)
    message = explain_finding(failure)
    assert (failure.check, message.exit_code) == (Check.CONNECTION, 3)
    assert f"{other} (TWS, paper)" in message.sentence
    assert f"ibkr-sync doctor --port {other}" in (message.next_step or "")
    assert {one_other.level for one_other in others} == {Level.SKIPPED}
