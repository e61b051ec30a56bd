"""What reading takes after three years of nights, beside the same after a month of them.

The two databases have the same products (see `many_nights`). How large three years of nights of
fewer products become is measured too, table by table.
"""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import IBKR_SYNC, Machine, ProcessCost
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.many_nights import build
from benchmarks.ports import closed_port

PRODUCTS = 1500
MONTH, THREE_YEARS = 30, 3 * 365
SLOWEST = 1.3
IMPORT_MS = 2000
PRODUCTS_OF_FILE = 500
FILE_MB = 400

_MOST_ROUNDS = 7
_MEGABYTE = 1_000_000
_STALE, _UNREACHABLE = 6, 3
_NEW_GROUP = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """A command as it is typed, and its exit code; `clean_up` is run on the database after it."""

    words: str
    exit_code: int = 0
    clean_up: str | None = None


_COMMANDS = (
    _Command(words="check"),
    _Command(words="check --max-age 1m", exit_code=_STALE),
    _Command(words="runs"),
    _Command(words="runs --run {night}"),
    _Command(words="changes"),
    _Command(words="changes --run {night}"),
    _Command(words="list"),
    _Command(words="expirations"),
    _Command(
        words="refresh --source ibkr --port {port}",
        exit_code=_UNREACHABLE,
        clean_up="DELETE FROM run_products WHERE run_id > {night};"
        "DELETE FROM sync_runs WHERE id > {night}",
    ),
    _Command(words="refresh --source ibkr --port {port} --stale 20h"),
)
_IMPORT = _Command(
    words=f"watchlist import {{list}} --group {_NEW_GROUP}",
    clean_up=f"DELETE FROM watchlist WHERE watch_group = '{_NEW_GROUP}'",  # noqa: S608 - ours
)


def measure(rounds: int) -> Iterator[Figure]:
    """Build the databases, then run each command on both, in turn, after a round not counted."""
    with TemporaryDirectory() as folder:
        databases = [_built(Path(folder), PRODUCTS, nights) for nights in (MONTH, THREE_YEARS)]
        yield from compare(Machine(Path(folder)), *databases, rounds=min(rounds, _MOST_ROUNDS))
        for file in databases:
            file.unlink()
        yield from sizes(_built(Path(folder), PRODUCTS_OF_FILE, THREE_YEARS))


def compare(machine: Machine, month: Path, years: Path, *, rounds: int) -> Iterator[Figure]:
    """Run each command on each of two databases."""
    lines = _watched(years)
    listed = machine.folder / "list.txt"
    listed.write_text("\n".join(lines), encoding="utf-8")
    costs: dict[_Command, list[tuple[ProcessCost, ProcessCost]]] = defaultdict(list)
    with closed_port() as port:
        for number in range(rounds + 1):
            for command in (*_COMMANDS, _IMPORT):
                found = [
                    _run(machine, file, command, {"port": port, "night": night, "list": listed})
                    for file, night in ((month, MONTH), (years, THREE_YEARS))
                ]
                if number > 0:
                    costs[command].append((found[0], found[1]))
    subject = f"{PRODUCTS:,} products after three years of nights, beside a month"
    for command, measured in costs.items():
        name = command.words.replace("{list}", f"of {len(lines):,} lines")
        yield _figure(subject, name, measured, is_import=command is _IMPORT)


def sizes(file: Path) -> Iterator[Figure]:
    """How large a database is: each table with its indices, and the whole file."""
    with closing(sqlite3.connect(file)) as database:
        pages = database.execute(
            "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name)"
            " GROUP BY tbl_name ORDER BY 2 DESC"
        ).fetchall()
    subject = f"{PRODUCTS_OF_FILE} products after three years of nights, in a SQLite file"
    whole = file.stat().st_size
    for name, size in (*pages, ("the whole file", whole)):
        megabytes, is_whole = size / _MEGABYTE, size == whole
        if megabytes >= 1:
            yield Figure(
                subject=subject,
                name=name,
                unit="MB",
                median=megabytes,
                quartiles=(megabytes, megabytes),
                rounds=1,
                target=f"at most {FILE_MB} MB" if is_whole else None,
                met=megabytes <= FILE_MB if is_whole else None,
            )


def _built(folder: Path, products: int, nights: int) -> Path:
    inner = folder / f"{products}-{nights}"
    inner.mkdir()
    return build(inner, products, nights, datetime.now(UTC).date())


def _watched(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT symbol, exchange FROM watchlist ORDER BY id")
        return ["@".join(row) for row in rows]


def _run(machine: Machine, file: Path, command: _Command, values: dict[str, object]) -> ProcessCost:
    words = command.words.format(**values).split()
    cost = machine.run([IBKR_SYNC, "--database", str(file), *words], expected=command.exit_code)
    if command.clean_up is not None:
        with closing(sqlite3.connect(file)) as database:
            database.executescript(command.clean_up.format(**values))
    return cost


def _figure(
    subject: str,
    name: str,
    costs: Sequence[tuple[ProcessCost, ProcessCost]],
    *,
    is_import: bool,
) -> Figure:
    month, years = zip(*costs, strict=True)
    cpu = [cost.cpu_ms for cost in years]
    ratio = median_ratio(cpu, [cost.cpu_ms for cost in month])
    median = statistics.median(cpu)
    return Figure(
        subject=subject,
        name=f"ibkr-sync {name}",
        unit="CPU ms",
        median=median,
        quartiles=quartiles(cpu),
        rounds=len(costs),
        cpu_ratio=ratio,
        wall_ratio=median_ratio([cost.wall_ms for cost in years], [cost.wall_ms for cost in month]),
        reference="what the same took after a month, in the same round",
        target=f"at most {IMPORT_MS} ms" if is_import else f"CPU at most x {SLOWEST}",
        met=median <= IMPORT_MS if is_import else ratio <= SLOWEST,
    )
