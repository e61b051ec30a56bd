"""Peak memory of whole processes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import IBKR_SYNC, Machine
from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying

_SUBJECT = "Peak memory of whole processes"
_MOST_ROUNDS = 5


def measure(rounds: int) -> Iterator[Figure]:
    """Run each command a few times, each time on an empty database but for `show`."""
    rounds = min(rounds, _MOST_ROUNDS)
    peaks: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder, replaying() as port:
        machine = Machine(Path(folder))
        for number in range(rounds):
            for name, command in _commands(Path(folder) / f"{number}", port).items():
                peaks.setdefault(name, []).append(machine.run(command).peak_mib)
    for name, measured in peaks.items():
        yield Figure(
            subject=_SUBJECT,
            name=name,
            unit="MiB",
            median=statistics.median(measured),
            quartiles=quartiles(measured),
            rounds=len(measured),
        )


def _commands(prefix: Path, port: int) -> dict[str, list[str]]:
    symbols = _unambiguous_symbols()

    def get(database: str, *symbols: str) -> list[str]:
        source = ["--source", "ibkr", "--port", str(port)]
        return [IBKR_SYNC, "--database", f"{prefix}-{database}.db", "get", *source, *symbols]

    return {
        "ibkr-sync get ES": get("es", "ES"),
        "ibkr-sync get CL": get("cl", "CL"),
        f"ibkr-sync get of {len(symbols)} products": get("all", *symbols),
        "ibkr-sync show ES": [IBKR_SYNC, "--database", f"{prefix}-es.db", "show", "ES"],
    }


def _unambiguous_symbols() -> list[str]:
    """The symbols that mean one product each, in the sample and in the catalogue.

    One call can ask for them all.
    """
    from ibkr_sync.catalogue import load_catalogue
    from ibkr_sync.infrastructure.replay.sample.products import sample_products

    exchanges = defaultdict[str, list[str]](list)
    for product in sample_products():
        exchanges[product.symbol].append(product.exchange)
    return [
        symbol
        for symbol, found in exchanges.items()
        if len(found) == 1
        and {each.exchange for each in load_catalogue().by_symbol(symbol)} <= set(found)
    ]
