"""The command with its clock set, and maybe set again while it runs.

Arguments: seconds by which the clock is off, seconds after which it jumps, seconds by which it
is off from then on, then the command's own. The monotonic clock goes on as ever.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta

import time_machine

from ibkr_sync_cli.__main__ import main


def main_with_another_clock(off: float, jump_after: float, off_then: float) -> None:
    """Run the command line."""
    present = datetime.now(UTC)
    travel = time_machine.travel(present + timedelta(seconds=off), tick=True)
    coordinates = travel.start()

    def jump() -> None:
        coordinates.shift(timedelta(seconds=off_then - off))

    jumps = threading.Timer(jump_after, jump)
    jumps.daemon = True
    jumps.start()
    main()


if __name__ == "__main__":
    numbers = sys.argv[1:4]
    sys.argv[1:4] = []
    main_with_another_clock(*map(float, numbers))
