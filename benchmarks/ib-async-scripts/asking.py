"""How a script built on ib_async asks for many products: all requests at once, gathered."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ib_async import IB, ContractDetails, Future


@dataclass(frozen=True)
class Task:
    """What a script is told: where the gateway is, where to store, and what to ask for.

    `products` is a file with symbols and exchanges; `requests_per_second` is ib_async's own
    limit, 0 for none.
    """

    port: int
    database: str
    products: str
    requests_per_second: int


def read_task() -> Task:
    """Take the task from the command line, as JSON."""
    return Task(**json.loads(sys.argv[1]))


def fetch(task: Task) -> list[ContractDetails]:
    """Every contract of every product."""
    products = json.loads(Path(task.products).read_text(encoding="utf-8"))
    return asyncio.run(_fetch(task, [Future(symbol, exchange=venue) for symbol, venue in products]))


async def _fetch(task: Task, products: list[Future]) -> list[ContractDetails]:
    ib = IB()
    ib.client.MaxRequests = task.requests_per_second
    await ib.client.connectAsync("127.0.0.1", task.port, clientId=1, timeout=10)
    try:
        replies = await asyncio.gather(*map(ib.reqContractDetailsAsync, products))
    finally:
        ib.disconnect()
    return [details for reply in replies for details in reply]
