"""What the commands that read take on a large database, beside the same on a single product."""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import IBKR_SYNC, Machine, ProcessCost
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.many_nights import build

PRODUCTS = 1500
NIGHTS = 3 * 365
SLOWEST = 1.5

COMMANDS = (
    "show {symbol}",
    "show {local_symbol}",
    "next {symbol}",
    "history {symbol}",
    "history {local_symbol}",
    "changes {symbol}",
    "changes",
    "list",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Product:
    symbol: str
    local_symbol: str


def measure(rounds: int) -> Iterator[Figure]:
    """Build both databases, then run each command on each, in turn."""
    with TemporaryDirectory() as folder:
        small, large = (built(Path(folder), products) for products in (1, PRODUCTS))
        yield from compare(Machine(Path(folder)), small, large, rounds)


def compare(machine: Machine, small: Path, large: Path, rounds: int) -> Iterator[Figure]:
    """Run each command on each of two databases, after a round that is not counted."""
    product = first_product(small)
    costs: dict[str, list[tuple[ProcessCost, ProcessCost]]] = defaultdict(list)
    for number in range(rounds + 1):
        for command in COMMANDS:
            message = command.format(symbol=product.symbol, local_symbol=product.local_symbol)
            small_cost, large_cost = (
                machine.run([IBKR_SYNC, "--database", str(file), *message.split()])
                for file in (small, large)
            )
            if number > 0:
                costs[message].append((small_cost, large_cost))
    rows = ", ".join(f"{count:,} {name}" for name, count in counts(large).items())
    for name, found in costs.items():
        yield _figure(f"Three years of nights: {rows}", name, found)


def built(folder: Path, products: int) -> Path:
    """A database of so many products after three years of nights."""
    inner = folder / f"{products}"
    inner.mkdir()
    return build(inner, products, NIGHTS, datetime.now(UTC).date())


def counts(file: Path) -> dict[str, int]:
    """How many rows the tables have that grow."""
    tables = ("products", "contracts", "field_changes", "run_products", "hours_days")
    with closing(sqlite3.connect(file)) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }


def first_product(file: Path) -> _Product:
    """What commands ask for: a product, and its first contract."""
    with closing(sqlite3.connect(file)) as database:
        symbol, local_symbol = database.execute(
            "SELECT products.symbol, local_symbol FROM contracts"
            " JOIN products ON products.id = product_id ORDER BY products.id, last_trade_date"
        ).fetchone()
    return _Product(symbol=symbol, local_symbol=local_symbol)


def _figure(subject: str, name: str, costs: list[tuple[ProcessCost, ProcessCost]]) -> Figure:
    small, large = zip(*costs, strict=True)
    wall = [cost.wall_ms for cost in large]
    ratio = median_ratio(wall, [cost.wall_ms for cost in small])
    return Figure(
        subject=subject,
        name=f"ibkr-sync {name}",
        unit="ms",
        median=statistics.median(wall),
        quartiles=quartiles(wall),
        rounds=len(costs),
        cpu_ms=statistics.median(cost.cpu_ms for cost in large),
        wall_ratio=ratio,
        cpu_ratio=median_ratio([cost.cpu_ms for cost in large], [cost.cpu_ms for cost in small]),
        reference="what the same command took on one product's three years, in the same round",
        target=f"at most x {SLOWEST}",
        met=ratio <= SLOWEST,
    )
