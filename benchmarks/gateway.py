"""A replay gateway with the sample's products, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).parent.parent


@contextmanager
def replaying() -> Iterator[int]:
    """Give the port on loopback at which the sample is answered, as fast as it can be."""
    command = [sys.executable, "-m", "benchmarks.gateway"]
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # which ends it, as does the end of this process


def serve() -> None:
    """Tell the port, then answer until stdin ends."""
    from ibkr_sync.infrastructure.replay.sample import sample_recording
    from ibkr_sync.infrastructure.replay.server import ReplayGateway

    with ReplayGateway(sample_recording(datetime.now(UTC).date())) as gateway:
        print(gateway.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
