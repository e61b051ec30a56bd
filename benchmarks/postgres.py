"""The same on a PostgreSQL server of this machine as on a file: commands that read, and a night.

The server syncs every commit to the disk, as the file does, and is reached over a Unix socket.
"""

from __future__ import annotations

import statistics
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.children import IBKR_SYNC, Machine, ProcessCost
from benchmarks.commands import COMMANDS, built, counts, first_product
from benchmarks.figures import Figure, median_ratio, quartiles
from benchmarks.gateway import replaying
from benchmarks.many_products import ManyProducts
from benchmarks.night import PRODUCTS as WATCHED
from benchmarks.night import refresh_call, watch_all
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from postgres_server import PostgresServer

PRODUCTS = 300
_MOST_NIGHTS = 5
_SETTINGS = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}

Costs = dict[str, list[tuple[ProcessCost, ProcessCost]]]
"""By name what it took on a file, and on the server in the same round."""


def measure(rounds: int) -> Iterator[Figure]:
    """Start a server, and run everything on it and on a file in turn."""
    with TemporaryDirectory() as folder, _server() as server:
        yield from _reading(Path(folder), server, rounds)
        yield from _nights(Path(folder), server, min(rounds, _MOST_NIGHTS))


def _reading(folder: Path, server: str, rounds: int) -> Iterator[Figure]:
    """Each command on a large file and on its copy, after a round that is not counted."""
    file, copy, machine = built(folder, PRODUCTS), _empty_schema(server), Machine(folder)
    machine.run([IBKR_SYNC, "--database", str(file), "db", "copy", "--to", copy])
    product = first_product(file)
    costs: Costs = defaultdict(list)
    for number in range(rounds + 1):
        for command in COMMANDS:
            words = command.format(symbol=product.symbol, local_symbol=product.local_symbol)
            in_file, in_server = (
                machine.run([IBKR_SYNC, "--database", str(database), *words.split()])
                for database in (file, copy)
            )
            if number > 0:
                costs[words].append((in_file, in_server))
    rows = ", ".join(f"{count:,} {name}" for name, count in counts(file).items())
    yield from _figures(f"Three years of nights on a PostgreSQL server: {rows}", costs)


def _nights(folder: Path, server: str, rounds: int) -> Iterator[Figure]:
    """A first night and an unchanged one, each round on a new file and a new schema."""
    costs: Costs = defaultdict(list)
    machine, files = Machine(folder), ManyProducts(folder, WATCHED)
    with (
        replaying(products=WATCHED, night=0) as tonight,
        replaying(products=WATCHED, night=1) as tomorrow,
    ):
        for number in range(rounds + 1):
            file, schema = watch_all(files.new_database()), watch_all(_empty_schema(server))
            for name, port in (("the first night", tonight), ("an unchanged night", tomorrow)):
                in_file, in_server = (
                    machine.run(refresh_call(database, port)) for database in (file, schema)
                )
                if number > 0:
                    costs[f"refresh, {name}"].append((in_file, in_server))
    yield from _figures(f"A night of {WATCHED} products on a PostgreSQL server", costs)


def _figures(subject: str, costs: Costs) -> Iterator[Figure]:
    for name, found in costs.items():
        files, servers = zip(*found, strict=True)
        wall = _wall(servers)
        yield Figure(
            subject=subject,
            name=f"ibkr-sync {name}",
            unit="ms",
            median=statistics.median(wall),
            quartiles=quartiles(wall),
            rounds=len(found),
            cpu_ms=statistics.median(cost.cpu_ms for cost in servers),
            wall_ratio=median_ratio(wall, _wall(files)),
            cpu_ratio=median_ratio(_cpu(servers), _cpu(files)),
            reference="what the same took on a file in the same round; CPU without the server's",
        )


def _wall(costs: Sequence[ProcessCost]) -> list[float]:
    return [cost.wall_ms for cost in costs]


def _cpu(costs: Sequence[ProcessCost]) -> list[float]:
    return [cost.cpu_ms for cost in costs]


@contextmanager
def _server() -> Iterator[str]:
    """The URL of a new server, which is gone at the end."""
    with TemporaryDirectory(prefix="ibkr-sync-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder))
        server.set_up(**_SETTINGS)
        try:
            yield server.url
        finally:
            server.stop()


def _empty_schema(server: str) -> str:
    """The URL of a new schema of ours without rows."""
    name = f"of_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    url = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
    located = url.render_as_string(hide_password=False)
    with Database(located) as database:
        upgrade(database)
    return located
