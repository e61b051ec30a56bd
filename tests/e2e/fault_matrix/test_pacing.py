"""Messages leave no faster than they may, and slower once the gateway has complained."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.rig import Endured, Rig, asking
from e2e.gateways import SERVER_VERSION, changed
from gateway.faults import ErrorReply, Fault, RateRefused
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import SAMPLE_MARKER
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.recording import Recording
from thoroughness import how_many

RECORDED_SENDS = (sys.executable, str(Path(__file__).with_name("recorded_sends.py")))

MANY = how_many(120, 1000)
"""Products that one run asks for."""

PROMPT = 0.1
"""Seconds within which a gateway that has the processor takes a message."""


@pytest.mark.timeout(300)
def test_however_many_products_are_asked_for_messages_leave_evenly_spaced(
    rig: Rig, tmp_path: Path
) -> None:
    """No second, wherever it begins, has more messages than the rate and one.

    Whatever keeps the run from the processor: each message's turn comes an interval after the
    turn before it, and after that one was sent, so of all that leave within a second only the
    first may be late for its turn. That is judged by when they were sent, by the clock that the
    gateway's record tells too. When they arrived is squeezed together when the gateway has to
    wait for the processor; where it was prompt, 0.1 s make four messages more.
    """
    symbols = [f"X{number}" for number in range(MANY)]
    record = tmp_path / "sends"
    with ScriptedGateway(one_contract_each(symbols), server_version=SERVER_VERSION) as gateway:
        endured = rig.run(
            *asking(symbols, gateway.port),
            settings={"messages_per_second": 40, "run_timeout": 300},
            gateway=gateway,
            launcher=(*RECORDED_SENDS, str(record)),
        )
    rig.check_run(Ordeal(connections=1), endured)
    rig.store.refuse_damage()
    assert {row["symbol"] for row in rig.store.tables()["products"]} > set(symbols)
    assert len(times_asked(endured)) == MANY
    sent = [float(line) for line in record.read_text(encoding="ascii").splitlines()]
    arrived = [frame.at for frame in gateway.frames]
    assert len(arrived) == len(sent)
    assert all(late >= early for early, late in zip(sent, arrived, strict=True))
    _hello, *sent = sent
    _hello, *arrived = arrived
    assert most_in_a_second(sent, beginning_with=sent) <= 40 + 1
    taken_promptly = [
        late for early, late in zip(sent, arrived, strict=True) if late - early <= PROMPT
    ]
    assert most_in_a_second(arrived, beginning_with=taken_promptly) <= 45


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(RateRefused(first=1), id="unnamed"),
        pytest.param(ErrorReply(code=100, first=1), id="for-the-request"),
    ],
)
def test_a_rate_that_is_refused_once_is_lowered(rig: Rig, fault: Fault) -> None:
    """After a second of silence, half as many messages leave in the same time.

    As one product is asked for after the other, nothing is on its way when the gateway complains.
    Whatever delays a message, none leaves before its turn.
    """
    endured = rig.endure(
        Ordeal(
            faults=[fault],
            symbols=("ES", "VIX", "CL"),
            fate=Fate.RENEWED,
            connections=1,
            settings={"messages_per_second": 5, "requests_in_flight": 1},
            seconds=3,
        )
    )
    refused, *later = times_asked(endured)
    assert len(later) == 3
    for number, at in enumerate(later):
        assert at - refused >= 1 + number * 2 / 5
    assert most_after_a_complaint(endured, [refused]) == 0


@pytest.mark.parametrize(
    ("refused", "ordeal"),
    [
        pytest.param(2, Ordeal(faults=[RateRefused(times=3, closes=True)], code=4), id="at-once"),
        pytest.param(
            3,
            Ordeal(
                faults=[RateRefused(first=2), RateRefused(skip=2, first=1, closes=True)],
                symbols=("ES", "VIX"),
                spared=("ES",),
                fate=Fate.RENEWED,
                code=4,
                settings={"requests_in_flight": 1},
            ),
            id="one-by-one",
        ),
    ],
)
def test_a_gateway_that_hangs_up_over_the_rate_is_not_hammered(
    rig: Rig, refused: int, ordeal: Ordeal
) -> None:
    """Nothing, not even a hello, comes in the second after a complaint, be it the third or not."""
    endured = rig.endure(replace(ordeal, message="100: Max rate", connections=2, seconds=5))
    complaints = times_asked(endured)[:refused]
    assert len(complaints) == refused
    assert most_after_a_complaint(endured, complaints) == 0


def test_a_refresh_outlasts_a_gateway_that_hung_up_over_the_rate(any_rig: Rig) -> None:
    """All that was on its way when the gateway complained is one message, at this rate."""
    endured = any_rig.endure(
        Ordeal(
            faults=[RateRefused(times=3, closes=True, first=1)],
            command="refresh",
            symbols=("ES", "VIX", "CL"),
            fate=Fate.RENEWED,
            connections=2,
            settings={"messages_per_second": 5},
            seconds=10,
        )
    )
    assert most_after_a_complaint(endured, times_asked(endured)[:1]) <= 1


def times_asked(endured: Endured) -> list[float]:
    """When each request for contract details came."""
    gateway: ScriptedGateway | None = endured.gateway
    assert gateway is not None
    return [frame.at for frame in gateway.frames if isinstance(frame.request, ContractDataRequest)]


def most_after_a_complaint(endured: Endured, complaints: Sequence[float]) -> int:
    """How many messages came at most in the second after a complaint."""
    assert endured.gateway is not None
    times = [frame.at for frame in endured.gateway.frames]
    return max(sum(at < time < at + 1 for time in times) for at in complaints)


def most_in_a_second(times: Sequence[float], *, beginning_with: Sequence[float]) -> int:
    """How many messages came at most in a second that begins with one of some."""
    return max((sum(at <= time < at + 1 for time in times) for at in beginning_with), default=0)


def one_contract_each(symbols: Sequence[str]) -> Recording:
    """Products that trade for long, each with one contract."""
    return Recording(
        contracts=tuple(
            changed(
                symbol=symbol,
                long_name=f"{symbol}{SAMPLE_MARKER}",
                trading_class=symbol,
                under_symbol=symbol,
                local_symbol=f"{symbol}Z8",
                con_id=str(700_000_000 + number),
            )
            for number, symbol in enumerate(symbols)
        )
    )
