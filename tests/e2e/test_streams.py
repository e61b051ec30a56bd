"""Pipes, terminals and cron: whatever stdin, stdout and stderr are, the work gets done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from e2e.command_line import COMMAND, CommandLine, ended
from e2e.gateways import changed, gateway_with, sample_gateway
from e2e.stored_rows import runs
from gateway.faults import ReplacedField

ESCAPE = "\x1b"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "CL", "--expired", "-f", "table"],
        ["show", "CL", "--json"],
        ["version"],
        ["config", "example"],
    ],
    ids=" ".join,
)
def test_a_reader_that_leaves_early_is_no_failure(
    ibkr_sync: CommandLine, stocked: Path, arguments: list[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = ibkr_sync("--database", stocked, *arguments, stdout=closed)

    assert (done.code, done.err) == (0, "")


def test_a_reader_that_leaves_early_hides_no_failure(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    reader, writer = os.pipe()
    os.close(reader)
    fault = ReplacedField(symbol="NQ", row=None, field="symbol", value="ES")
    with os.fdopen(writer, "wb") as closed, sample_gateway(fault) as gateway:
        done = ibkr_sync(
            *("--database", database, "get", "NQ", "ES"),
            *("--source", "ibkr", "--port", str(gateway.port)),
            stdout=closed,
        )

    assert done.code == 4
    assert done.err.startswith("error: NQ: ")
    assert runs(database) == ["partial"]


def test_a_result_that_can_not_be_written_is_a_failure(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = ibkr_sync("--database", stocked, "list", stdout=full)

    assert done.code == 1
    assert done.err == (
        "error: The result can't be written: No space left on device.\n"
        "next:  Make room there, or write it elsewhere.\n"
    )


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param("1>&-", marks=pytest.mark.faults),
        pytest.param("2>&-", marks=pytest.mark.faults),
        "0<&- 1>&- 2>&-",
    ],
)
def test_closed_streams_keep_nothing_from_being_done(
    ibkr_sync: CommandLine, stocked: Path, closed: str
) -> None:
    def shell(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - our own command
            ["/bin/sh", "-c", f'"$@" {closed}', "sh", str(COMMAND), *arguments],
            env=ibkr_sync.environment(),
            cwd=ibkr_sync.cwd,
            capture_output=True,
            check=False,
        )

    done = shell("--database", str(stocked), "show", "ES", "-f", "csv")
    failed = shell("--database", str(stocked), "show", "GC")

    assert ended(done.returncode, done.stdout, done.stderr).code == 0
    assert bool(done.stdout) == ("1>&-" not in closed)
    assert done.stderr == b""
    assert (failed.returncode, failed.stdout) == (5, b"")
    assert bool(failed.stderr) == ("2>&-" not in closed)


@pytest.mark.parametrize(
    "locale",
    [
        {"LANG": "C"},
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=["LANG=C", "LC_ALL=C", "latin-1", "ascii"],
)
def test_any_locale_will_do(ibkr_sync: CommandLine, stocked: Path, locale: dict[str, str]) -> None:
    table = ibkr_sync("--database", stocked, "show", "ES", "-f", "table", env=locale)

    assert (table.code, table.err) == (0, "")
    assert "ESZ" in table.out


def test_json_is_json_in_any_encoding(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    database, row = tmp_path / "own.db", changed(long_name="Café € 日経")
    with gateway_with(row) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        assert ibkr_sync("--database", database, "get", "NOVA", *source).code == 0

    for encoding in ("utf-8", "latin-1", "ascii"):
        env = {"PYTHONIOENCODING": encoding}
        done = ibkr_sync("--database", database, "show", "NOVA", "--json", env=env)
        assert (done.code, done.json["name"]) == (0, "Café € 日経")


def test_no_environment_at_all_will_do(ibkr_sync: CommandLine, stocked: Path) -> None:
    config = ibkr_sync.configure("")  # named, or it would be looked for in the user's home

    done = ibkr_sync(
        *("--config", config, "--database", stocked, "list"), env={"HOME": None, "PATH": None}
    )

    assert (done.code, done.err) == (0, "")
    assert len(done.rows("\t")) == 3


COLOURFUL: Sequence[Sequence[str]] = (
    ["show", "ES"],
    ["show", "GC"],
    ["show", "="],
    ["show", "--help"],
)


def test_a_terminal_gets_a_table_in_colour(ibkr_sync: CommandLine, stocked: Path) -> None:
    sent = [ibkr_sync.on_terminal("--database", stocked, *arguments)[1] for arguments in COLOURFUL]

    assert [text for text in sent if ESCAPE not in text] == []
    assert "▶" in sent[0]  # and not TSV, as in a pipe


@pytest.mark.parametrize("way", ["NO_COLOR", "--no-color"])
def test_no_colour_means_no_escape_code(ibkr_sync: CommandLine, stocked: Path, way: str) -> None:
    flags = ("--no-color",) if way == "--no-color" else ()
    env = {"NO_COLOR": "1"} if way == "NO_COLOR" else {}

    for arguments in (*COLOURFUL, ["--profile", "demo", "get", "ES", "NQ"]):
        _, sent = ibkr_sync.on_terminal("--database", stocked, *flags, *arguments, env=env)
        assert ESCAPE not in sent, sent


def test_progress_is_shown_on_a_terminal_only(ibkr_sync: CommandLine) -> None:
    command = ("--profile", "demo", "get", "ES", "NOPE@CME")

    _, sent = ibkr_sync.on_terminal(*command)
    piped = ibkr_sync(*command)
    _, quiet = ibkr_sync.on_terminal("--quiet", *command)

    stages = ("Looking up names", "Connecting", "Asked for 2/2, 1 failed")
    assert [stage for stage in stages if stage not in sent] == []
    assert [stage for stage in stages if stage in quiet + piped.err] == []


def test_quiet_leaves_results_and_errors(ibkr_sync: CommandLine) -> None:
    message = ibkr_sync("--profile", "demo", "get", "ES", "-f", "table")
    quiet = ibkr_sync("--quiet", "--profile", "demo", "get", "ES", "-f", "table")
    failed = ibkr_sync("-q", "show", "NQ")

    assert message.err == "ES@CME (ES): 21 new\n"
    assert quiet.err == ""
    assert quiet.out.splitlines()[:3] == message.out.splitlines()[:3]
    assert failed.err.startswith("error: NQ was not found")
    assert "next: " in failed.err


def test_debug_shows_the_traceback_of_an_error(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("--debug", "show", "ES")

    assert done.code == 5
    assert "Traceback (most recent call last)" in done.err
    assert "ProductNotFoundError" in done.err
    assert done.err.splitlines()[-1] == "next:  ibkr-sync get ES --source ibkr"


def test_verbose_logs_to_stderr_alone(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    log = tmp_path / "run.log"

    done = ibkr_sync("-vv", "--log-file", log, "--profile", "demo", "get", "ES", "--json")

    assert done.json["outcomes"][0]["outcome"] == "created"
    assert '"level": "debug"' in done.err
    assert '"level": "info"' in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_can_not_be_written_buries_no_result(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("--log-file", "/dev/full", "--profile", "demo", "get", "ES", "--json")

    assert (done.code, done.json["outcomes"][0]["outcome"]) == (0, "created")
