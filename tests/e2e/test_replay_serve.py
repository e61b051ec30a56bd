"""The stand-in for TWS as a process of its own."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, finish
from e2e.preloaded import Process

RECORDED = Path(__file__).parents[1] / "data" / "es_jun25.replay"


def port_of(serving: Process) -> str:
    """The port that the first line of stdout names."""
    assert serving.stdout is not None
    line = serving.stdout.readline().decode()
    assert line.startswith("replay gateway on 127.0.0.1:"), line
    return line.split(":")[1]


def test_another_process_fetches_from_it(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    database = tmp_path / "own.db"
    with ibkr_sync.running("replay", "serve", "--port", "0") as serving:
        port = port_of(serving)
        done = ibkr_sync(
            *("--database", database, "get", "ES", "CL", "--source", "ibkr", "--port", port)
        )
        serving.send_signal(signal.SIGTERM)
        stopped = finish(serving)

    assert (done.code, done.err) == (0, "")
    assert [row["outcome"] for row in done.rows("\t")] == ["created", "created"]
    listed = ibkr_sync("--database", database, "list", "--json").json["products"]
    assert [(item["symbol"], item["origin"]) for item in listed] == [
        ("CL", "sample"),
        ("ES", "sample"),
    ]
    assert stopped.code == 143
    assert stopped.out == ""  # beyond its first line
    assert f"--port {port}" in stopped.err


def test_a_recording_is_served_as_it_was_recorded(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    database = tmp_path / "own.db"
    with ibkr_sync.running("replay", "serve", "--port", "0", "--data", str(RECORDED)) as serving:
        asked = ("--database", database, "get", "ES", "--source", "ibkr", "--port")
        port = port_of(serving)
        today = ibkr_sync(*asked, port)
        ever = ibkr_sync(*asked, port, "--expired")
        serving.send_signal(signal.SIGINT)
        stopped = finish(serving)

    assert (today.code, today.rows("\t")[0]["error"]) == (5, "ProductNotFoundError")
    assert (ever.code, ever.err) == (0, "")
    product = ibkr_sync("--database", database, "show", "ES", "--json").json
    assert product["origin"] == "ibkr"
    (contract,) = product["contracts"]
    assert (contract["con_id"], contract["local_symbol"]) == (620731015, "ESM5")
    assert (contract["contract_month"], contract["last_trade_date"]) == ("2025-06", "2025-06-20")
    assert contract["state"] == "expired"
    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == "stopped"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("", "line 1"),
        ("# ibkr-sync replay 1\n# server-version 176\n10|1|ES|", "line 3"),
    ],
    ids=["missing", "empty", "cut off"],
)
def test_a_bad_recording_is_refused_with_its_place(
    ibkr_sync: CommandLine, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "bad.replay"
    if content is not None:
        path.write_text(content)

    done = ibkr_sync("replay", "serve", "--port", "0", "--data", path)

    assert (done.code, done.out) == (2, "")
    assert str(path) in done.err
    assert message in done.err


def test_a_taken_port_is_reported(ibkr_sync: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ibkr_sync("replay", "serve", "--port", str(port))

    assert (done.code, done.out) == (2, "")
    assert f"127.0.0.1:{port} can't be used" in done.message
    assert "--port 0 takes a free one" in done.message
