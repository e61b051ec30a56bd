"""A gateway that can't be used, or whose reply can't: told, and nothing of it stored."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Ended
from e2e.fault_matrix.replies import gone_after
from e2e.gateways import IMPATIENT, changed, gateway_with, sample_gateway
from e2e.stored_rows import is_sound, kept, runs
from gateway.faults import (
    Chunked,
    ClientIdInUse,
    EarlyStart,
    Fault,
    HangUpAfterRows,
    NoNextValidId,
    Occasion,
    PortReset,
    RawReply,
    ReplacedField,
    ServerVersionText,
    Silence,
)


def get(
    ibkr_sync: CommandLine, database: Path, port: int, *symbols: str, settings: str = IMPATIENT
) -> Ended:
    ibkr_sync.configure(settings)
    return ibkr_sync(
        "--database",
        database,
        "get",
        *symbols,
        *("--source", "ibkr", "--port", str(port), "-f", "table"),
    )


def test_without_a_gateway_host_and_port_are_reported(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    before = kept(stocked)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    done = get(ibkr_sync, stocked, port, "ES")

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"error: No gateway at 127.0.0.1:{port}: connection refused.\n")
    assert "next:  Start TWS or IB Gateway" in done.err
    assert kept(stocked) == before


def test_a_gateway_that_does_not_accept_is_given_up(ibkr_sync: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as stack:
        for _ in range(4):  # whoever comes now stands in a queue that is full
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        done = get(ibkr_sync, ibkr_sync.cwd / "own.db", busy.getsockname()[1], "ES")

    assert (done.code, done.out) == (3, "")
    assert "no answer within 1 s" in done.err
    assert "firewall" in done.err


@pytest.mark.parametrize(
    ("fault", "connections"),
    [
        (EarlyStart(), 1),
        (Chunked(size=1), 1),
        (ClientIdInUse(client_ids=frozenset({411})), 2),
    ],
    ids=["all in one segment", "byte by byte", "client id taken"],
)
def test_an_unusual_start_is_no_failure(
    ibkr_sync: CommandLine, stocked: Path, fault: Fault, connections: int
) -> None:
    patient = "[gateway]\nclient_id_tries = 2\n"  # a busy machine is no fault
    with sample_gateway(fault) as gateway:
        done = get(ibkr_sync, stocked, gateway.port, "ES", "--expired", settings=patient)

    assert (done.code, gateway.connections) == (0, connections)
    assert "ES@CME (ES): 29 unchanged" in done.err


def test_a_host_name_that_does_not_resolve_is_reported(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("get", "ES", "--source", "ibkr", "--host", "gateway.invalid", "-f", "table")

    assert (done.code, done.out) == (3, "")
    assert "gateway.invalid:4002" in done.err
    assert "does not resolve" in done.err
    assert "ibkr-sync config show" in done.err


def test_a_listener_that_says_nothing_is_given_up(ibkr_sync: CommandLine, stocked: Path) -> None:
    before = kept(stocked)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = get(ibkr_sync, stocked, silent.getsockname()[1], "ES")

    assert (done.code, done.out) == (3, "")
    assert "said nothing" in done.err
    assert "Accept incoming connection?" in done.err
    assert "trusted IPs" in done.err
    assert kept(stocked) == before


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (HangUpAfterRows(occasion=Occasion.HELLO), "hung up"),
        (HangUpAfterRows(occasion=Occasion.HELLO, reset=True), "hung up"),
        (RawReply(data=b"HTTP/1.1 400 Bad Request\r\n\r\n"), "is not TWS or IB Gateway"),
        (RawReply(data=b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"\xff" * 2000), ""),
        (ServerVersionText(text="abc"), "abc"),
        (ServerVersionText(text="60"), "60"),
        (NoNextValidId(), "said nothing"),
        (ClientIdInUse(), "taken (326)"),
        (PortReset(new_port=4099), "doctor --port 4099"),
    ],
    ids=["close", "reset", "HTTP", "TLS", "no version", "old version", "no id", "326", "1300"],
)
def test_a_handshake_that_fails_says_why(
    ibkr_sync: CommandLine, stocked: Path, fault: Fault, message: str
) -> None:
    before = kept(stocked)
    with sample_gateway(fault) as gateway:
        port = gateway.port
        done = get(ibkr_sync, stocked, port, "ES")

    assert (done.code, done.out) == (3, "")
    assert f"127.0.0.1:{port}" in done.err
    assert message in done.err
    assert "next: " in done.err
    assert kept(stocked) == before
    assert is_sound(stocked)


def test_one_product_that_fails_leaves_the_others_saved(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    fault = ReplacedField(symbol="NQ", row=None, field="symbol", value="ES")
    with sample_gateway(fault) as gateway:
        done = get(ibkr_sync, database, gateway.port, "ES", "NQ", "GC", "CL")

    assert done.code == 4
    outcomes = {line.split()[0]: line.split()[-1] for line in done.out.splitlines()[2:-1]}
    assert outcomes == {"ES": "created", "NQ": "failed", "GC": "created", "CL": "created"}
    assert done.err.startswith("error: NQ: ")
    listed = ibkr_sync("--database", database, "list", "--json").json["products"]
    assert [item["symbol"] for item in listed] == ["CL", "ES", "GC"]
    assert runs(database) == ["partial"]


def test_a_contract_that_can_t_be_stored_is_a_partial_success_once(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    odd = changed(
        con_id="987654322", local_symbol="NOVAH9", last_trade_date_or_contract_month="24:00"
    )
    with gateway_with(changed(), odd) as gateway:
        first = get(ibkr_sync, database, gateway.port, "NOVA")
        second = get(ibkr_sync, database, gateway.port, "NOVA")
        refreshed = ibkr_sync(
            *("--database", database, "refresh", "--source", "ibkr"),
            *("--port", str(gateway.port)),
        )

    assert [ended.code for ended in (first, second, refreshed)] == [4, 0, 0]
    message = "NOVAH9: last_trade_date '24:00': not a date"
    assert message in first.err
    assert "not stored" in first.err
    for done in (second, refreshed):
        assert "NOVAH9" not in done.err
    for words in (("show", "NOVA", "--format", "table"), ("check",)):
        done = ibkr_sync("--database", database, *words)
        assert (done.code, message in done.out + done.message) == (0, True)
    shown = ibkr_sync("--database", database, "show", "NOVA", "--json").json
    assert [contract["con_id"] for contract in shown["contracts"]] == [987654321]
    changes = ibkr_sync("--database", database, "changes", "--json").json["events"]
    odd_rows = [change for change in changes if change["type"] == "ODD_ROW"]
    assert [(row["severity"], row["con_id"]) for row in odd_rows] == [("notice", None)]
    assert runs(database) == ["partial", "ok", "ok"]


def test_a_refresh_that_leaves_a_contract_out_is_a_partial_success(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    with gateway_with(changed()) as gateway:
        get(ibkr_sync, database, gateway.port, "NOVA")
    with gateway_with(changed(), changed(con_id="987654322", trading_class="")) as gateway:
        done = ibkr_sync(
            *("--quiet", "--database", database, "refresh", "--source", "ibkr"),
            *("--port", str(gateway.port)),
        )
    recorded = ibkr_sync("--database", database, "runs", "--run", "2", "--json").json
    (product,) = recorded["products"]
    assert done.code == 4
    assert f"{product['message']}. next: ibkr-sync --database" in done.message
    assert "trading_class" in product["message"]
    assert (recorded["outcome"], product["outcome"], product["error"]) == (
        *("partial", "updated", None),
    )


def test_a_shrunken_chain_is_accepted_when_asked(ibkr_sync: CommandLine, stocked: Path) -> None:
    with sample_gateway(*gone_after("ES", 9)) as gateway:
        refused = get(ibkr_sync, stocked, gateway.port, "ES")
        done = get(ibkr_sync, stocked, gateway.port, "ES", "--allow-shrink")

    assert refused.code == 4
    assert "--allow-shrink" in refused.err
    assert done.code == 0
    assert "missing" in done.out


def test_real_and_sample_data_are_never_mixed(ibkr_sync: CommandLine, stocked: Path) -> None:
    before = kept(stocked)
    with gateway_with(changed(symbol="ES", trading_class="ES", local_symbol="ESZ8")) as gateway:
        done = get(ibkr_sync, stocked, gateway.port, "ES")

    assert (done.code, done.out) == (4, "")
    assert "sample data and real data can't share a database" in done.err
    assert kept(stocked) == before


def test_a_silent_gateway_does_not_hold_what_is_fresh(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    with sample_gateway(Silence(occasion=Occasion.HELLO)) as gateway:
        done = get(ibkr_sync, stocked, gateway.port, "ES", "--max-age", "20h")

    assert done.code == 0
    assert "fresh enough, answered from the database" in done.err
    assert gateway.connections == 0


VERSION_ERROR = """
class VersionError(Exception): ...
raise VersionError('Detected incompatible Protobuf Gencode/Runtime versions when loading'
    ' Contract.proto: gencode 6.33.5 runtime 5.29.1.')
"""


def test_a_library_that_can_not_be_loaded_is_reported_with_the_remedy(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    broken = shadowed_library(tmp_path, "this is no Python")

    done = ibkr_sync("get", "ES", "--source", "ibkr", env=broken)

    assert done.code == 2, done
    assert "because of ibapi: invalid syntax" in done.message
    assert "--force-reinstall" in done.message


def test_what_reads_kept_replies_reports_a_library_that_does_not_fit(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    outdated = shadowed_library(tmp_path, VERSION_ERROR)

    done = ibkr_sync("--database", stocked, "db", "renormalise", env=outdated)

    assert done.code == 2, done
    sentence = "The installed ibapi can't be loaded, because of protobuf: Detected incompatible"
    assert sentence in done.message
    assert "pip install --upgrade protobuf" in done.message


def shadowed_library(folder: Path, source: str) -> dict[str, str]:
    """An environment in which `ibapi` is a package of this source."""
    package = folder / "shadow" / "ibapi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    return {"PYTHONPATH": str(package.parent)}
