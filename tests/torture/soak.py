"""A program that brings products up to date again and again, and tells what it holds.

Arguments: how often, the port of a gateway, a database. Each round opens and closes what a run
of the command does. Prints, as JSON, what the process held after every round.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from pathlib import Path

from ibkr_sync.bootstrap import bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

SYMBOLS = ("ES", "VIX")


def held() -> dict[str, int]:
    """Resident memory in KiB, open files and threads of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
    }


def main() -> None:
    """Run so many rounds."""
    rounds, port, database = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    profile = ProfileSettings(
        source="ibkr",
        replay=None,
        database=database,
        gateway=GatewaySettings(port=port, messages_per_second=49),
    )
    queries = [FutureQuery(symbol=symbol) for symbol in SYMBOLS]
    holdings = []
    for _ in range(rounds):
        with bootstrap(profile, Future) as services:
            for outcome in services.futures.get_many(queries, SyncPolicy()):
                if not isinstance(outcome, FutureUpdate):
                    raise outcome.error
        holdings.append(held())
    json.dump(holdings, sys.stdout)


if __name__ == "__main__":
    main()
