"""A process that runs for long holds no more in the end than it did after a while."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import pytest

from e2e.gateways import SERVER_VERSION, sample
from gateway.faults import (
    Fault,
    HangUpAfterRows,
    Notice,
    ReplacedField,
)
from gateway.server import ScriptedGateway
from thoroughness import how_many

ROUNDS = how_many(18, 1_000)
WARM_UP = ROUNDS // 4

MEGABYTES_OF_GROWTH = 5
"""What a thousand rounds may come to hold: ten kilobytes lost in each would be noticed."""


def faults(rounds: int) -> list[Fault]:
    """Now and then a line that drops, a flapping farm, and a field that changes."""
    kinds: list[Fault] = [
        HangUpAfterRows(symbol="ES", rows=3, first=1),
        Notice(symbol="ES", code=2104, times=20, first=1),
        ReplacedField(symbol="ES", row=None, field="market_name", value="Other", first=1),
    ]
    return [
        dataclasses.replace(fault, skip=5 * number)
        for number, fault in enumerate(islice(cycle(kinds), rounds // 6))
    ]


@pytest.mark.timeout(how_many(120, 1800))
def test_memory_files_and_threads_stay_as_they_were(tmp_path: Path) -> None:
    with ScriptedGateway(sample(), faults=faults(ROUNDS), server_version=SERVER_VERSION) as gateway:
        done = subprocess.run(  # noqa: S603 - our own program
            [
                *(sys.executable, str(Path(__file__).with_name("soak.py"))),
                *(str(ROUNDS), str(gateway.port), str(tmp_path / "futures.db")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        connections = gateway.connections
    holdings = json.loads(done.stdout)[WARM_UP:]
    assert connections >= ROUNDS
    assert len({holding["files"] for holding in holdings}) == 1
    assert {holding["threads"] for holding in holdings} == {1}
    third = len(holdings) // 3
    early, late = (
        median(item["memory"] for item in part) for part in (holdings[:third], holdings[-third:])
    )
    assert late - early < MEGABYTES_OF_GROWTH * 1024, [
        holding["memory"] for holding in holdings[::25]
    ]
