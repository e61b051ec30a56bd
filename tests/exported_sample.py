"""The whole sample in a database, and exported in the formats that peers read."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from e2e.gateways import sample, sample_gateway

COMMAND = Path(sysconfig.get_path("scripts")) / "ibkr-sync"

FORMATS = {
    "jsonl": "products.jsonl",
    "parquet": "contracts.parquet",
    "nautilus": "nautilus",
}
"""What a format is exported to, below the folder."""

_SOME_LEFT_OUT = 4


def export_sample(folder: Path) -> None:
    """Make `sample.db` and a file or folder for each format; raises RuntimeError if a call fails.

    What the calls say is kept beside it, as `nautilus.err`.
    """
    with sample_gateway() as gateway:
        port = ("--source", "ibkr", "--port", str(gateway.port))
        _run(folder, "get", *_products(), "--expired", *port, name="get")
    for format_, path in FORMATS.items():
        _run(folder, "export", "--to", format_, "-o", path, name=format_)


def _products() -> list[str]:
    rows = sample().contracts
    monthly = {(row.symbol, row.exchange, row.market_name) for row in rows}
    return [f"{symbol}@{exchange} ({name})" for symbol, exchange, name in sorted(monthly)]


def _run(folder: Path, *arguments: str, name: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [str(COMMAND), "--database", "sample.db", *arguments],
        cwd=folder,
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    (folder / f"{name}.err").write_text(done.stderr, encoding="utf-8")
    if done.returncode not in (0, _SOME_LEFT_OUT):
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stderr}")
