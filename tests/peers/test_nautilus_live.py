"""NautilusTrader's IB adapter loads the contracts that we list from a gateway, under our ids."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from nautilus_trader.adapters.interactive_brokers.client import InteractiveBrokersClient
from nautilus_trader.adapters.interactive_brokers.config import (
    InteractiveBrokersInstrumentProviderConfig,
)
from nautilus_trader.adapters.interactive_brokers.providers import (
    InteractiveBrokersInstrumentProvider,
)
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.model.identifiers import TraderId
from nautilus_trader.persistence.catalog import ParquetDataCatalog

from peers.nautilus_names import is_named_as_ours

IN_BRITISH_TIME = ("ICEEU", "IPE")
"""Its ibapi cuts a last trade in two at the hyphen of `GB-Eire`, and then reads no date."""


def test_what_is_loaded_is_what_the_catalogue_has(exported: Path) -> None:
    listed = json.loads((exported / "nautilus/load_contracts.json").read_text("ascii"))
    wanted = [
        contract
        for contract in listed
        if contract["exchange"] not in IN_BRITISH_TIME and is_named_as_ours(contract["localSymbol"])
    ]
    assert len(wanted) > 500
    kept = {
        instrument.info["contract"]["conId"]: instrument
        for instrument in ParquetDataCatalog(exported / "nautilus").instruments()
    }

    loaded = asyncio.run(_load(wanted))

    assert set(loaded) == {contract["conId"] for contract in wanted}
    for con_id, live in loaded.items():
        ours = kept[con_id]
        assert live.id.value == ours.id.value
        for name in ("raw_symbol", "price_precision", "price_increment", "multiplier"):
            assert getattr(live, name) == getattr(ours, name)
        assert live.quote_currency == ours.quote_currency


async def _load(contracts: list[dict[str, Any]]) -> dict[int, Any]:
    """The instruments that the adapter makes of these contracts, by conId."""
    clock = LiveClock()
    client = InteractiveBrokersClient(
        loop=asyncio.get_running_loop(),
        msgbus=MessageBus(TraderId("TESTER-001"), clock),
        cache=Cache(),
        clock=clock,
        port=int(os.environ["IBKR_SYNC_PEERS_PORT"]),
    )
    config = InteractiveBrokersInstrumentProviderConfig.parse(
        json.dumps({"load_contracts": contracts})
    )
    provider = InteractiveBrokersInstrumentProvider(client, clock, config)
    client.start()
    try:
        await client.wait_until_ready(30)
        await asyncio.wait_for(provider.initialize(), 60)
    finally:
        client.stop()
        await asyncio.sleep(0)
    return {instrument.info["contract"]["conId"]: instrument for instrument in provider.list_all()}
