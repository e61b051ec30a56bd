"""The same commands on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from e2e.command_line import CommandLine, finish, wait_until
from e2e.gateways import sample_gateway
from ibkr_sync.infrastructure.replay.faults import Silence


def test_a_server_keeps_what_a_file_keeps(
    ibkr_sync: CommandLine, stocked: Path, postgres_url: str
) -> None:
    with sample_gateway() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port), "--json")
        absent = ibkr_sync("--database", postgres_url, "db", "status", "--json")
        first = ibkr_sync("--database", postgres_url, "get", "ES", "--expired", *source)
        again = ibkr_sync("--database", postgres_url, "get", "ES", "--expired", *source)
    shown = ibkr_sync("--database", postgres_url, "show", "ES", "--json").json
    in_file = ibkr_sync("--database", stocked, "show", "ES", "--json").json

    assert (absent.code, absent.json["state"]) == (0, "empty")
    assert [each.json["outcomes"][0]["outcome"] for each in (first, again)] == [
        "updated",
        "unchanged",
    ]
    for product in (shown, in_file):
        del product["synced_at"]
        for contract in product["contracts"]:
            del contract["listing"]
    assert shown == in_file


def test_a_second_run_on_a_server_ends_at_once(ibkr_sync: CommandLine, postgres_url: str) -> None:
    with sample_gateway(Silence()) as gateway:
        asked = ("--database", postgres_url, "get", "ES")
        source = ("--source", "ibkr", "--port", str(gateway.port))
        assert ibkr_sync("--database", postgres_url, "db", "upgrade").code == 0
        with ibkr_sync.running(*asked, *source) as stalled:
            wait_until(lambda: gateway.connections == 1)
            second = ibkr_sync(*asked, *source)
            stalled.terminate()
            stopped = finish(stalled)

    assert (second.code, second.out) == (75, "")
    assert stopped.code == 143
