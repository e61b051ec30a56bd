"""ib_async and ib_insync as further judges: they connect, and decode the same values."""

from __future__ import annotations

import asyncio
import importlib
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fakes.decoded_details import values_of
from fakes.expected_details import ES_JUN25, ODD, ODD_ROW
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.recording import Recording, read_recording

RECORDED = read_recording(Path(__file__).parents[1] / "data" / "es_jun25.replay")
NOW = datetime(2025, 5, 21, 15, tzinfo=UTC)
NEWEST_OF = {"ib_async": 178, "ib_insync": 176}
INSTALLED = [name for name in NEWEST_OF if find_spec(name)]


async def _asked(library: Any, port: int, *contract: str) -> tuple[int, list[Any]]:
    """What comes of a contract, once all is there that the client waits for at its start."""
    symbol, exchange = contract
    client = library.IB()
    await client.connectAsync("127.0.0.1", port, clientId=7, timeout=30)
    try:
        future = library.Future(symbol, exchange=exchange)
        return client.client.serverVersion(), await client.reqContractDetailsAsync(future)
    finally:
        client.disconnect()


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("version", [157, 163, 164, 176, 226])
def test_other_clients_connect_and_decode_what_ibapi_does(name: str, version: int) -> None:
    library = importlib.import_module(name)
    recording = Recording(contracts=(*RECORDED.contracts, ODD_ROW))
    with ScriptedGateway(recording, server_version=version, now=lambda: NOW) as gateway:
        agreed, (details,) = asyncio.run(_asked(library, gateway.port, "ES", "CME"))
        _, (odd,) = asyncio.run(_asked(library, gateway.port, "ODD", "OSE.JPN"))
    assert agreed == min(version, NEWEST_OF[name])
    with_sizes = agreed >= 164
    assert values_of(details, with_sizes=with_sizes).items() <= ES_JUN25.items()
    assert values_of(odd, with_sizes=with_sizes).items() <= ODD.items()
