"""The command with its wall clock standing still; the monotonic clock goes on as ever.

Arguments: the instant that the clock shows, in ISO format, then the command's own.
"""

from __future__ import annotations

import sys
from datetime import datetime

import time_machine

from ibkr_sync_cli.__main__ import main

if __name__ == "__main__":
    time_machine.travel(datetime.fromisoformat(sys.argv.pop(1)), tick=False).start()
    main()
