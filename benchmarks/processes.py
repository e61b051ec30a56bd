"""Whole processes, from the call to the exit: start-up is most of what a user waits for."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import IBKR_SYNC, PYTHON, Machine, ProcessCost
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.gateway import replaying

REFERENCE = 'python -c "import typer, rich, sqlalchemy"'

START_FLOOR = str(Path(__file__).with_name("start_floor.py"))

_SUBJECT = "Whole processes, from the call to the exit"
_BARE_HELP = "a program of one command by typer, --help"
_COMPLETION = "completing ibkr-sync show E"
_COMPLETED_MS = 100
_LIMITS = {
    "ibkr-sync --help": (1.15, _BARE_HELP),
    "ibkr-sync show ES": (1.15, REFERENCE),
    "ibkr-sync next ES": (1.1, REFERENCE),
}
"""What is wanted, in CPU time beside what."""

_BARE = """
import typer
app = typer.Typer()
@app.command()
def main(name: str = "you") -> None:
    print(name)
app()
"""

Command = Callable[[int], Sequence[str]]


def measure(rounds: int) -> Iterator[Figure]:
    """Run each command once a round, after a round that is not counted."""
    with TemporaryDirectory() as folder, replaying() as port:
        machine = Machine(Path(folder))
        commands = _commands(Path(folder), port)
        costs: dict[str, list[ProcessCost]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                cost = machine.run(command(number))
                if number > 0:
                    costs[name].append(cost)
    for name, measured in costs.items():
        yield _figure(name, measured, costs)


def _commands(folder: Path, port: int) -> dict[str, Command]:
    """What is run, by name; the number of the round gives a first run its own database."""
    stored = str(folder / "stored.db")

    def always(*command: str) -> Command:
        return lambda _: command

    def get(database: str, *options: str) -> Sequence[str]:
        source = ("--source", "ibkr", "--port", str(port))
        return (IBKR_SYNC, "--database", database, "get", "ES", *source, *options)

    def floor(command: str) -> Command:
        return always(PYTHON, START_FLOOR, command, stored, "ES")

    show, following = ((IBKR_SYNC, "--database", stored, word, "ES") for word in ("show", "next"))
    return {
        "python -c pass": always(PYTHON, "-c", "pass"),
        'python -c "import typer, rich"': always(PYTHON, "-c", "import typer, rich"),
        REFERENCE: always(PYTHON, "-c", "import typer, rich, sqlalchemy"),
        _BARE_HELP: always(PYTHON, "-c", _BARE, "--help"),
        "ibkr-sync --help": always(IBKR_SYNC, "--help"),
        "ibkr-sync --version": always(IBKR_SYNC, "--version"),
        "ibkr-sync get ES, first run": lambda number: get(str(folder / f"{number}.db")),
        "ibkr-sync get ES, unchanged": lambda _: get(stored),
        "ibkr-sync get ES --max-age 20h": lambda _: get(stored, "--max-age", "20h"),
        "ibkr-sync show ES": always(*show),
        "the libraries that show needs, alone": floor("show"),
        "ibkr-sync show ES -f table": always(*show, "-f", "table"),
        "ibkr-sync next ES": always(*following),
        "the libraries that next needs, alone": floor("next"),
        _COMPLETION: always(
            "env", *_completing(f"ibkr-sync --database {stored} show E"), IBKR_SYNC
        ),
    }


def _completing(words: str) -> Sequence[str]:
    """The variables by which bash asks what may follow."""
    position = len(words.split()) - 1
    return (
        "_IBKR_SYNC_COMPLETE=complete_bash", f"COMP_WORDS={words}", f"COMP_CWORD={position}"
    )  # fmt: skip


def _figure(name: str, costs: list[ProcessCost], all_costs: dict[str, list[ProcessCost]]) -> Figure:
    wall = [cost.wall_ms for cost in costs]
    references = all_costs[REFERENCE]
    target, met = None, None
    if name == _COMPLETION:
        target, met = f"at most {_COMPLETED_MS} ms", statistics.median(wall) <= _COMPLETED_MS
    if name in _LIMITS:
        limit, beside = _LIMITS[name]
        ratio = _cpu_ratio(costs, all_costs[beside])
        target, met = f"CPU at most x {limit} of {beside}, now x {ratio:.2f}", ratio <= limit
    return Figure(
        subject=_SUBJECT,
        name=name,
        unit="ms",
        median=statistics.median(wall),
        quartiles=quartiles(wall),
        rounds=len(costs),
        cpu_ms=statistics.median(cost.cpu_ms for cost in costs),
        wall_ratio=median_ratio(wall, [cost.wall_ms for cost in references]),
        cpu_ratio=_cpu_ratio(costs, references),
        reference=f"what {REFERENCE} took in the same round",
        target=target,
        met=met,
    )


def _cpu_ratio(costs: list[ProcessCost], references: list[ProcessCost]) -> float:
    return median_ratio([cost.cpu_ms for cost in costs], [cost.cpu_ms for cost in references])
