"""The command with its clocks set, and maybe set again while it runs.

Arguments: seconds by which the wall clock is off; seconds by which it is off once SIGUSR1 has
come; seconds by which the monotonic clock jumps then, which goes on as ever before and after;
then the command's own.
"""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from types import FrameType

import time_machine

from ibkr_sync_cli.__main__ import main


class MonotonicClock:
    """Goes on as ever but for a jump, as after a time for which the process was stopped."""

    def __init__(self) -> None:
        self._says = time.monotonic
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self._says() + self._ahead

    def jump(self, seconds: float) -> None:
        """Go on from so much later on."""
        self._ahead += seconds


def main_with_other_clocks(off: float, off_then: float, stopped_for: float) -> None:
    """Run the command line."""
    present = datetime.now(UTC)
    wall_clock = time_machine.travel(present + timedelta(seconds=off), tick=True).start()
    time.monotonic = monotonic_clock = MonotonicClock()

    def jump(_signal: int, _frame: FrameType | None) -> None:
        wall_clock.shift(timedelta(seconds=off_then - off))
        monotonic_clock.jump(stopped_for)

    signal.signal(signal.SIGUSR1, jump)
    main()


if __name__ == "__main__":
    numbers = sys.argv[1:4]
    sys.argv[1:4] = []
    main_with_other_clocks(*map(float, numbers))
