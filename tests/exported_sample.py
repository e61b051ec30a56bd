"""The whole sample in a database, and exported in the formats that peers read."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from e2e.gateways import sample

COMMAND = Path(sysconfig.get_path("scripts")) / "ibkr-sync"

FORMATS = {
    "jsonl": "products.jsonl",
    "parquet": "contracts.parquet",
    "nautilus": "nautilus",
}
"""What a format is exported to, below the folder."""

_SOME_LEFT_OUT = 4


def export_sample(folder: Path, port: int) -> None:
    """Make `sample.db` and a file or folder for each format; raises RuntimeError if a call fails.

    The gateway with the sample listens at `port`.
    """
    _run(folder, "get", *_products(), "--expired", "--source", "ibkr", "--port", str(port))
    for format_, path in FORMATS.items():
        _run(folder, "export", "--to", format_, "-o", path)


def _products() -> list[str]:
    rows = sample().contracts
    monthly = {(row.symbol, row.exchange, row.market_name) for row in rows}
    return [f"{symbol}@{exchange} ({name})" for symbol, exchange, name in sorted(monthly)]


def _run(folder: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [str(COMMAND), "--database", "sample.db", *arguments],
        cwd=folder,
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode not in (0, _SOME_LEFT_OUT):
        words = " ".join(arguments)
        raise RuntimeError(f"{words} ended with {done.returncode}:\n{done.stderr}")
