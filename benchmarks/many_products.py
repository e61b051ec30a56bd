"""Runs ours and the peer scripts over the same products, each as a process of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.acquisition import EmptyDatabases
from benchmarks.children import PYTHON, Machine, ProcessCost
from benchmarks.peer_environment import peer_python, peer_script
from benchmarks.recordings import wide_queries

_ACQUISITION = str(Path(__file__).with_name("acquisition.py"))

MOST_IN_FLIGHT = 32
"""The most requests in flight that the settings allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What one run took, and what it told of itself (see `acquisition` and the scripts)."""

    process: ProcessCost
    message: dict[str, Any]

    @property
    def contracts(self) -> int:
        """How many were stored."""
        return int(self.message["contracts"])


class ManyProducts:
    """Brings so many products up to date, in a new database each time."""

    def __init__(self, folder: Path, products: int) -> None:
        self._machine = Machine(folder)
        self._databases = EmptyDatabases(folder)
        self._numbers = itertools.count()
        self._products = folder / f"products-{products}.json"
        queries = wide_queries(products, datetime.now(UTC).date())
        pairs = [(query.symbol, query.exchange) for query in queries]
        self._products.write_text(json.dumps(pairs), encoding="utf-8")

    def ours(
        self,
        port: int,
        *,
        messages_per_second: float,
        requests_in_flight: int,
        database: Path | None = None,
    ) -> RunCost:
        """Run ours, by default on a database that has the schema and no rows."""
        return self._run(
            [PYTHON, _ACQUISITION],
            port=port,
            database=str(database or self.new_database()),
            messages_per_second=messages_per_second,
            requests_in_flight=requests_in_flight,
        )

    def new_database(self) -> Path:
        """A database of ours that has the schema and no rows."""
        return self._databases.next_file()

    def peer(self, script: str, port: int, *, requests_per_second: int) -> RunCost:
        """Run a script, which makes its database itself."""
        database = self._machine.folder / f"peer-{next(self._numbers)}.db"
        return self._run(
            [peer_python(), peer_script(script)],
            port=port,
            database=str(database),
            requests_per_second=requests_per_second,
        )

    def _run(self, command: Sequence[str], **task: object) -> RunCost:
        arguments = json.dumps(task | {"products": str(self._products)})
        process = self._machine.run([*command, arguments], keeps_output=True)
        return RunCost(process=process, message=json.loads(process.output))
