"""From the last bytes of a long chain to its commit.

The clock starts when the bytes that hold the end marker come out of the socket, so decoding
what arrived with them counts. On a machine that is busy otherwise, the CPU time tells more.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.acquisition import LONG_CHAIN, EmptyDatabases, Instant, acquire
from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.frame_buffer import FrameBuffer

LIMIT_MS = 50

_SUBJECT = "Last frame received to commit"
_ROOT = Path(__file__).parent.parent


def measure(rounds: int) -> Iterator[Figure]:
    """Measure the first chain of a process, and the first and unchanged chains of a later one."""
    latencies: dict[str, list[_Latency]] = {}
    with TemporaryDirectory() as folder, replaying() as port:
        databases = EmptyDatabases(Path(folder))
        acquire(port, databases.next_file(), [LONG_CHAIN])  # not counted
        for _ in range(rounds):
            file = databases.next_file()
            measured = {
                "new process": _in_new_process(port, databases.next_file()),
                "first run": _latency(port, file),
                "unchanged": _latency(port, file),
            }
            for name, latency in measured.items():
                latencies.setdefault(f"CL, {latency.contracts} contracts, {name}", []).append(
                    latency
                )
    for name, found in latencies.items():
        yield _figure(name, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latency:
    contracts: int
    wall_ms: float
    cpu_ms: float


def _figure(name: str, latencies: Sequence[_Latency]) -> Figure:
    wall = [latency.wall_ms for latency in latencies]
    return Figure(
        subject=_SUBJECT,
        name=name,
        unit="ms",
        median=statistics.median(wall),
        quartiles=quartiles(wall),
        rounds=len(wall),
        cpu_ms=statistics.median(latency.cpu_ms for latency in latencies),
        target=f"at most {LIMIT_MS} ms",
        met=statistics.median(wall) <= LIMIT_MS,
    )


def _in_new_process(port: int, file: Path) -> _Latency:
    command = [sys.executable, "-m", "benchmarks.latency", str(port), str(file)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    return _Latency(**json.loads(done.stdout))


def _latency(port: int, file: Path) -> _Latency:
    with _arrivals() as arrivals:
        cost = acquire(port, file, [LONG_CHAIN])
    # The chain's tick ladders arrive after its commit.
    last = [arrival for arrival in arrivals if arrival.wall < cost.committed_at.wall][-1]
    taken = cost.committed_at - last
    return _Latency(contracts=cost.contracts, wall_ms=taken.wall * 1000, cpu_ms=taken.cpu * 1000)


@contextmanager
def _arrivals() -> Iterator[list[Instant]]:
    """Gather the instants at which bytes come out of a socket."""
    instants: list[Instant] = []
    feed = FrameBuffer.feed

    def noted(buffer: FrameBuffer, chunk: bytes) -> None:
        instants.append(Instant.now())
        feed(buffer, chunk)

    with patch.object(FrameBuffer, "feed", noted):
        yield instants


if __name__ == "__main__":
    print(json.dumps(asdict(_latency(int(sys.argv[1]), Path(sys.argv[2])))))
