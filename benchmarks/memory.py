"""Peak memory of whole processes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acquisition import UNPACED
from benchmarks.children import IBKR_SYNC, Machine
from benchmarks.figures import Figure, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import MOST_IN_FLIGHT, ManyProducts

_SUBJECT = "Peak memory of whole processes"
_MOST_ROUNDS = 5

MANY = (60, 500, 1500)
LIMITED = 500
LIMIT_MIB = 60

_REFRESH = "ibkr-sync refresh"


def measure(rounds: int) -> Iterator[Figure]:
    """Run each command a few times, each time on an empty database but for `show`."""
    rounds = min(rounds, _MOST_ROUNDS)
    peaks: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder, replaying() as port:
        machine = Machine(Path(folder))
        for number in range(rounds):
            for name, command in _commands(Path(folder) / f"{number}", port).items():
                peaks.setdefault(name, []).append(machine.run(command).peak_mib)
    for products in MANY:
        peaks |= _of_many(products)
    for name, measured in peaks.items():
        is_limited = name.startswith(f"{_REFRESH} of {LIMITED:,} ")
        yield Figure(
            subject=_SUBJECT,
            name=name,
            unit="MiB",
            median=statistics.median(measured),
            quartiles=quartiles(measured),
            rounds=len(measured),
            target=f"at most {LIMIT_MIB} MiB" if is_limited else None,
            met=max(measured) <= LIMIT_MIB if is_limited else None,
        )


def _of_many(products: int) -> dict[str, list[float]]:
    """Store so many products for the first time, then refresh all that is stored."""
    with TemporaryDirectory() as folder, replaying(products=products) as port:
        runs = ManyProducts(Path(folder), products)
        database = runs.new_database()
        first = runs.ours(
            port,
            messages_per_second=UNPACED,
            requests_in_flight=MOST_IN_FLIGHT,
            database=database,
        )
        refresh = [IBKR_SYNC, "--database", str(database), "refresh"]
        again = Machine(Path(folder)).run([*refresh, "--source", "ibkr", "--port", str(port)])
    chains = f"{products:,} products, {first.contracts:,} contracts"
    return {
        f"first run of {chains}, without the command line": [first.process.peak_mib],
        f"{_REFRESH} of {chains}": [again.peak_mib],
    }


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
        and {other.exchange for other in load_catalogue().by_symbol(symbol)} <= set(found)
    ]
