"""The stand-in for TWS as a process of its own."""

from __future__ import annotations

import re
import shutil
import signal
import socket
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, finish
from e2e.gateways import sample_gateway
from e2e.preloaded import Process
from gateway import faults

TIMES = re.compile(r'^ *"(synced_at|first_seen_at|last_seen_at|changed_at)": .*$', re.MULTILINE)
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
    assert f"try: ibkr-sync --database replay.db get ES --source ibkr --port {port}" in stopped.err

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


def test_a_night_that_was_saved_is_lived_again(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    """An incomplete reply included: what it lacked is found by its conId, and by nothing else.

    So are those that could not be used, and can't be again.
    """
    again, saved = tmp_path / "again.db", tmp_path / "night.replay"
    shutil.copy(stocked, again)
    listed = ibkr_sync("--database", stocked, "list", "--json").json["products"]
    (count,) = (item["listed"] for item in listed if item["symbol"] == "ES")
    names = ("ES", "VIX", "CL")
    incomplete = faults.KeptRows(symbol="ES", count=count - 1)
    of_another_product = faults.KeptRows(symbol="VIX", count=1)
    shrunk = faults.KeptRows(symbol="CL", count=1)
    rejected = faults.ErrorReply(symbol="NQ", code=321)
    with sample_gateway(incomplete, of_another_product, shrunk, rejected) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        first = ibkr_sync("--database", stocked, "get", *names, "NQ", *source)
    done = ibkr_sync("--database", stocked, "replay", "save", "--run", "2", "-o", saved)
    with ibkr_sync.running("replay", "serve", "--port", "0", "--data", str(saved)) as serving:
        source = ("--source", "ibkr", "--port", port_of(serving))
        second = ibkr_sync("--database", again, "get", *names, *source)

    assert (first.code, done.code, second.code) == (4, 0, 4)
    for name, error in (("VIX", "DefinitionsUnavailableError"), ("CL", "ShrinkRefusedError")):
        refused = [
            [row for row in got.rows("\t") if row["symbol"] == name] for got in (first, second)
        ]
        assert refused[0][0]["error"] == error
        assert refused[0] == refused[1]
        assert f"note: {name} failed ({error}); its reply is saved too" in done.err
    assert "note: NQ failed (RequestRejectedError); no reply of it is kept" in done.err
    assert "the reply was incomplete: it lacked" in first.err
    assert [line for line in second.err.splitlines() if "incomplete" in line] == [
        line for line in first.err.splitlines() if "incomplete" in line
    ]
    for name in names:
        shown = [
            TIMES.sub("", ibkr_sync("--database", database, "show", name, "--json").out)
            for database in (stocked, again)
        ]
        assert shown[0] == shown[1]


def test_the_last_reply_of_a_product_is_saved(ibkr_sync: CommandLine, stocked: Path) -> None:
    text = ibkr_sync("--database", stocked, "replay", "save", "ES", "XX")
    nothing = ibkr_sync("--database", stocked, "replay", "save", "--run", "2")
    neither = ibkr_sync("--database", stocked, "replay", "save")
    both = ibkr_sync("--database", stocked, "replay", "save", "ES", "--run", "1")
    own = ibkr_sync("--database", stocked, "replay", "save", "ES", "-o", stocked)

    assert (text.code, "XX was not found" in text.err) == (4, True)
    assert text.out.startswith("# ibkr-sync replay 1\n")
    assert {line.split("|")[3] for line in text.out.splitlines() if line[:3] == "10|"} == {"ES"}
    assert str(stocked.parent) not in text.out
    assert (nothing.code, neither.code, both.code, own.code) == (5, 2, 2, 2)


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
