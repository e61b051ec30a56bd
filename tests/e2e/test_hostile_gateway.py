"""Whatever a gateway sends, it fills neither the memory nor the disk."""

from __future__ import annotations

import dataclasses
import itertools
import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.command_line import COMMAND, CommandLine, Ended, ended
from e2e.gateways import ROW
from gateway.dialects import dialect_for
from gateway.flooding import FloodingGateway, Question
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest, MarketRuleRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.row_budget import MAX_FIELDS

LIMIT = 300
"""Megabytes that a run may take, whatever a gateway sends."""

LOG_LIMIT = 20_000_000
"""Bytes that a run may log."""

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="how much memory a process took, /proc tells"
)

MEASURING = """
import runpy, sys
from datetime import UTC, datetime
from pathlib import Path
told, sys.argv = Path(sys.argv[1]), sys.argv[2:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    told.write_text(Path("/proc/self/status").read_text())
"""
"""Runs the command and keeps what the kernel tells of its process at the end."""

DIALECT = dialect_for(157)


class Flood:
    """Answers for any symbol with rows that differ in their conId; a healthy product is FINE."""

    def __init__(self, rows: int, change: Callable[[ContractRow], ContractRow]) -> None:
        self._rows = rows
        self._change = change
        self._con_ids = itertools.count(1000)

    def __call__(self, question: Question) -> Iterator[bytes]:
        if isinstance(question, MarketRuleRequest):
            yield b"\0".join([b"93", question.market_rule_id.encode(), b"1", b"0", b"0.25", b""])
        if not isinstance(question, ContractDataRequest):
            return
        symbol = question.symbol
        row = dataclasses.replace(ROW, symbol=symbol, trading_class=symbol, under_symbol=symbol)
        is_fine = symbol == "FINE"
        row = row if is_fine else self._change(row)
        template = DIALECT.contract_data(
            dataclasses.replace(row, con_id="<conId>", local_symbol="<local>"), question.req_id
        )
        for con_id in [1] if is_fine else itertools.islice(self._con_ids, self._rows):
            number = str(con_id).encode()
            yield template.replace(b"<conId>", number).replace(b"<local>", b"N" + number)
        yield DIALECT.contract_data_end(question.req_id)


def get_measured(command: CommandLine, port: int, symbols: Sequence[str]) -> tuple[Ended, float]:
    return run_measured(command, "get", *symbols, "--source", "ibkr", "--port", str(port))


def run_measured(command: CommandLine, *arguments: str | Path) -> tuple[Ended, float]:
    """How a run ended, and the megabytes that it took at most."""
    message = command.cwd / "status"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", MEASURING, message, COMMAND, *map(str, arguments)],
        env=command.environment(None),
        cwd=command.cwd,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    peak = re.search(r"VmHWM:\s+(\d+) kB", message.read_text())
    assert peak is not None
    return ended(done.returncode, done.stdout, done.stderr), int(peak[1]) / 1024


def with_(**fields: object) -> Callable[[ContractRow], ContractRow]:
    return lambda row: dataclasses.replace(row, **fields)  # type: ignore[arg-type]


SYMBOLS = ("AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF", "GGGG")


@NEEDS_PROC
@pytest.mark.parametrize(
    ("flood", "symbols", "reason"),
    [
        pytest.param(
            Flood(4_500, with_(long_name="N")),
            SYMBOLS[:3],
            "larger than that of any product",
            id="many rows",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            Flood(8, with_(sec_id_list=tuple((f"T{n}", str(n)) for n in range(60_000)))),
            SYMBOLS,
            f"more than {MAX_FIELDS} fields",
            id="many security ids",
            marks=pytest.mark.faults,
        ),
        pytest.param(
            Flood(60, with_(industry="\U0001f680" + "x" * 900_000)),
            SYMBOLS,
            "larger than that of any product",
            id="long text",
        ),
        pytest.param(
            Flood(800, with_(order_types=",".join(f"{n:x}" for n in range(1_000)))),
            SYMBOLS,
            "larger than that of any product",
            id="many items",
            marks=pytest.mark.faults,
        ),
    ],
)
def test_a_flood_of_contracts_fails_its_product_and_takes_little_memory(
    ibkr_sync: CommandLine, flood: Flood, symbols: Sequence[str], reason: str
) -> None:
    with FloodingGateway(flood) as gateway:
        run, megabytes = get_measured(ibkr_sync, gateway.port, [*symbols, "FINE"])
        again = ibkr_sync("get", "FINE", "--source", "ibkr", "--port", str(gateway.port))
    assert megabytes < LIMIT
    outcomes = {row["symbol"]: row for row in run.rows("\t")}
    assert run.code == 4
    assert any(reason in outcomes[symbol]["message"] for symbol in symbols), outcomes
    assert outcomes["FINE"]["outcome"] == "created"
    assert again.code == 0


@pytest.mark.faults
@NEEDS_PROC
def test_replies_that_were_refused_are_let_go_of(ibkr_sync: CommandLine) -> None:
    """Each is small enough by itself, and ends with a row that can't be right."""
    flood = Flood(1_000, with_(currency=""))
    symbols = [f"BAD{number}" for number in range(16)]
    with FloodingGateway(flood) as gateway:
        run, megabytes = get_measured(ibkr_sync, gateway.port, [*symbols, "FINE"])
    assert megabytes < LIMIT
    messages = {row["message"] for row in run.rows("\t")}
    assert all("larger" not in message for message in messages), messages
    assert run.rows("\t")[-1]["outcome"] == "created"


@pytest.mark.faults
@NEEDS_PROC
def test_tick_ladders_without_end_take_little_memory(ibkr_sync: CommandLine) -> None:
    steps = b"".join(b"%d\0000.25\0" % number for number in range(60_000))
    flood = Flood(50, with_(market_rule_ids="<conId>"))

    def answer(question: Question) -> Iterator[bytes]:
        if isinstance(question, MarketRuleRequest):
            yield b"93\0%b\00060000\0%b" % (question.market_rule_id.encode(), steps)
        else:
            yield from flood(question)

    with FloodingGateway(answer) as gateway:
        run, megabytes = get_measured(ibkr_sync, gateway.port, ["AAAA"])
    assert megabytes < LIMIT
    assert run.code == 0
    assert "0 of 50 tick ladders received" in run.err
    assert f"more than {MAX_FIELDS} fields" in run.err


@pytest.mark.faults
def test_ever_new_notices_fill_no_log(ibkr_sync: CommandLine) -> None:
    codes = itertools.count(10_000)

    def answer(question: Question) -> Iterator[bytes]:
        """Messages that can't be read are worth a warning each."""
        for code in itertools.islice(codes, 8_000):
            yield DIALECT.error(-1, code, "\u00e9" * 500, NOW)
            yield b"4\0002\0x\0"
        if isinstance(question, ContractDataRequest):
            yield from flood(question)

    flood = Flood(1, lambda row: row)
    log = ibkr_sync.cwd / "run.log"
    with FloodingGateway(answer) as gateway:
        run = ibkr_sync(
            *("-vv", "--log-file", log, "get", "AAAA"),
            *("--source", "ibkr", "--port", str(gateway.port)),
        )
    assert run.code == 0
    assert len(run.err) < LOG_LIMIT
    assert log.stat().st_size < LOG_LIMIT
    assert "more messages were not logged: TWS" in log.read_text()
    assert "more messages were not logged: ignored message" in run.err


@pytest.mark.faults
@NEEDS_PROC
def test_a_kept_reply_that_unpacks_to_gigabytes_fails_its_product_alone(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    packing = zlib.compressobj()
    nothing = bytes(2**20)
    frames = b"".join(packing.compress(nothing) for _ in range(2_000)) + packing.flush()
    with closing(sqlite3.connect(stocked)) as database, database:
        database.execute(
            "UPDATE raw_replies SET frames = ? WHERE product_id ="
            " (SELECT id FROM products WHERE symbol = 'ES')",
            (frames,),
        )
    run, megabytes = run_measured(ibkr_sync, "--database", stocked, "db", "renormalise")
    assert megabytes < LIMIT
    assert run.code == 4
    assert "The raw reply of ES@CME (ES) can't be used: stored frames take more than" in run.message
    assert {row["symbol"]: row["outcome"] for row in run.rows("\t")}["CL"] != "failed"
