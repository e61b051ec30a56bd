"""The same commands on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from e2e.command_line import CommandLine, finish, wait_until
from e2e.gateways import sample_gateway
from gateway.faults import Silence


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
    assert [ended.json["outcomes"][0]["outcome"] for ended in (first, again)] == [
        "created",
        "unchanged",
    ]
    for product in (shown, in_file):
        del product["synced_at"]
        for contract in product["contracts"]:
            del contract["listing"]
    assert shown == in_file


def test_a_second_run_on_a_server_ends_at_once(ibkr_sync: CommandLine, postgres_url: str) -> None:
    secrets = {"password": "hush-1", "passfile": "hush-2"}
    url = make_url(postgres_url).update_query_dict(secrets)
    database = url.render_as_string(hide_password=False)
    with sample_gateway(Silence()) as gateway:
        asked = ("-vv", "--database", database, "get", "ES")
        source = ("--source", "ibkr", "--port", str(gateway.port))
        upgraded = ibkr_sync("-vv", "--database", database, "db", "upgrade")
        with ibkr_sync.running(*asked, *source) as stalled:
            wait_until(lambda: gateway.connections == 1)
            second = ibkr_sync(*asked, *source)
            stalled.terminate()
            stopped = finish(stalled)

    status = ibkr_sync("-vv", "--database", database, "db", "status")

    assert (upgraded.code, second.code, stopped.code, status.code) == (0, 75, 143, 0)
    assert second.out == ""
    assert "hush" not in "".join(
        done.out + done.err for done in (upgraded, second, stopped, status)
    )
