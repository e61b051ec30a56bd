"""ib_async as a second judge: its own decoder takes the same values from the gateway."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ib_async import IB, ContractDetails, Future

from fakes.decoded_details import values_of
from fakes.expected_details import ES_JUN25, ODD, ODD_ROW
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.recording import read_recording
from ibkr_sync.infrastructure.replay.rows import Recording

RECORDED = read_recording(Path(__file__).parents[1] / "data" / "es_jun25.replay")
NOW = datetime(2025, 5, 21, 15, tzinfo=UTC)
NEWEST_OF_IB_ASYNC = 178


async def _asked(port: int, contract: Future) -> tuple[int, list[ContractDetails]]:
    client = IB()
    await client.client.connectAsync("127.0.0.1", port, clientId=7, timeout=10)
    try:
        return client.client.serverVersion(), await client.reqContractDetailsAsync(contract)
    finally:
        client.disconnect()


@pytest.mark.parametrize("version", [157, 163, 164, 176, 226])
def test_ib_async_decodes_what_ibapi_does(version: int) -> None:
    recording = Recording(contracts=(*RECORDED.contracts, ODD_ROW))
    with ScriptedGateway(recording, server_version=version, now=lambda: NOW) as gateway:
        es = Future("ES", exchange="CME", currency="USD")
        agreed, (details,) = asyncio.run(_asked(gateway.port, es))
        _, (odd,) = asyncio.run(_asked(gateway.port, Future("ODD", exchange="OSE.JPN")))
    assert agreed == min(version, NEWEST_OF_IB_ASYNC)
    with_sizes = agreed >= 164
    assert values_of(details, with_sizes=with_sizes).items() <= ES_JUN25.items()
    assert values_of(odd, with_sizes=with_sizes).items() <= ODD.items()
