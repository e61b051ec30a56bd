"""From the last bytes of a long chain to its commit.

The clock starts when the bytes that hold the end marker come out of the socket, so decoding
what arrived with them counts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.acquisition import LONG_CHAIN, EmptyDatabases, acquire
from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying
from ibkr_sync.infrastructure.repositories.ibkr_repo.connection import FrameBuffer

LIMIT_MS = 50

_SUBJECT = "Last frame received to commit"
_ROOT = Path(__file__).parent.parent


def measure(rounds: int) -> Iterator[Figure]:
    """Measure the first chain of a process, and the first and unchanged chains of a later one."""
    latencies: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder, replaying() as port:
        databases = EmptyDatabases(Path(folder))
        acquire(port, databases.next_file(), [LONG_CHAIN])  # not counted
        for _ in range(rounds):
            contracts, milliseconds = _in_new_process(port, databases.next_file())
            name = f"CL, {contracts} contracts"
            latencies.setdefault(f"{name}, new process", []).append(milliseconds)
            file = databases.next_file()
            for again in ("first run", "unchanged"):
                milliseconds = _latency(port, file)[1]
                latencies.setdefault(f"{name}, {again}", []).append(milliseconds)
    for name, measured in latencies.items():
        yield Figure(
            subject=_SUBJECT,
            name=name,
            unit="ms",
            median=statistics.median(measured),
            quartiles=quartiles(measured),
            rounds=len(measured),
            target=f"at most {LIMIT_MS} ms",
            met=statistics.median(measured) <= LIMIT_MS,
        )


def _in_new_process(port: int, file: Path) -> tuple[int, float]:
    command = [sys.executable, "-m", "benchmarks.latency", str(port), str(file)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    contracts, milliseconds = json.loads(done.stdout)
    return contracts, milliseconds


def _latency(port: int, file: Path) -> tuple[int, float]:
    """How many contracts were stored, and the milliseconds it took."""
    with _arrivals() as arrivals:
        cost = acquire(port, file, [LONG_CHAIN])
    # The chain's tick ladders arrive after its commit.
    last = max(at for at in arrivals if at < cost.committed_at)
    return cost.contracts, (cost.committed_at - last) * 1000


@contextmanager
def _arrivals() -> Iterator[list[float]]:
    """Gather the instants at which bytes come out of a socket."""
    instants: list[float] = []
    feed = FrameBuffer.feed

    def noted(buffer: FrameBuffer, chunk: bytes) -> None:
        instants.append(time.perf_counter())
        feed(buffer, chunk)

    with patch.object(FrameBuffer, "feed", noted):
        yield instants


if __name__ == "__main__":
    print(json.dumps(_latency(int(sys.argv[1]), Path(sys.argv[2]))))
