"""A replay gateway in a process of its own: the sample's products, or more of their kind."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).parent.parent


@contextmanager
def replaying(
    *,
    products: int | None = None,
    latency: float = 0.0,
    limit: int | None = None,
    night: int | None = None,
) -> Iterator[int]:
    """Give the port on loopback at which the sample, or so many products, are answered.

    `latency` is in seconds, `limit` in messages per second; the gateway waits for nothing else.
    With `night`, 0 or 1, the contracts are those of both nights, and only the hours have rolled.
    """
    options = [f"--latency={latency}"]
    if products is not None:
        options.append(f"--products={products}")
    if limit is not None:
        options.append(f"--limit={limit}")
    if night is not None:
        options.append(f"--night={night}")
    command = [sys.executable, "-m", "benchmarks.gateway", *options]
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
    from benchmarks.recordings import unchanged_nights, wide_recording
    from gateway.server import ScriptedGateway
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.sample import sample_recording

    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int)
    parser.add_argument("--latency", type=float)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--night", type=int)
    options = parser.parse_args()
    today = datetime.now(UTC).date()
    if options.products is None:
        recording = sample_recording(today, HolidayCalendar())
    elif options.night is None:
        recording = wide_recording(options.products, today)
    else:
        recording = unchanged_nights(options.products, today)[options.night]
    with ScriptedGateway(
        recording, latency=options.latency, messages_per_second=options.limit
    ) as gateway:
        print(gateway.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
