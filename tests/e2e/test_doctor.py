"""`doctor` goes through all that a run rests on, and ends with the exit code of what is broken."""

from __future__ import annotations

import re
import shlex
import socket
from pathlib import Path

from e2e.command_line import CommandLine
from e2e.gateways import sample_gateway
from e2e.stored_rows import kept
from gateway.faults import Notice

CHECKS = [
    *("python", "ibapi", "settings", "database", "permissions", "raw replies", "time zones"),
    *("lock", "connection", "handshake", "server version", "client id", "data farms"),
    *("contract details", "clock", "schedule", "notify"),
    "last run",
]
BROKEN_LIBRARY = """
class VersionError(Exception): ...
raise VersionError('gencode 6.33.5 runtime 5.29.1.')
"""


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def test_where_all_is_well_everything_is_checked_and_nothing_touched(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    stocked.chmod(0o600)
    before = kept(stocked)
    with sample_gateway() as gateway:
        at = ("--database", stocked, "doctor", "--port", str(gateway.port))
        found = ibkr_sync(*at, "--json")
        rows = ibkr_sync(*at).rows("\t")

    assert found.code == 0
    document = found.json
    assert (document["schema"], document["ok"]) == ("ibkr-sync/doctor/1", True)
    assert [finding["check"] for finding in document["findings"]] == CHECKS
    levels = {finding["check"]: finding["level"] for finding in document["findings"]}
    assert {other for other, level in levels.items() if level != "ok"} <= {"schedule", "last run"}
    assert [row["check"] for row in rows] == CHECKS
    assert kept(stocked) == before


def test_demo_checks_its_own_gateway(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("--profile", "demo", "doctor", "-f", "table")

    assert done.code == 0, done
    assert re.search(r"contract details +ok +ES@CME: \d+ contracts", done.out)
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_gateway_of_profile_ibkr_is_meant_where_the_profile_has_none(
    ibkr_sync: CommandLine,
) -> None:
    port = closed_port()
    ibkr_sync.configure(f"[profiles.ibkr.gateway]\nport = {port}\n")

    done = ibkr_sync("doctor")

    assert done.code == 3
    assert f"No gateway at 127.0.0.1:{port}: connection refused." in done.out
    assert "next:  connection: " in done.err


def test_ibkr_down_is_distinguished_from_a_gateway_that_is_not_there(
    ibkr_sync: CommandLine,
) -> None:
    with sample_gateway(Notice(code=1100)) as gateway:
        done = ibkr_sync("doctor", "--port", str(gateway.port))
    assert done.code == 8, done
    assert "next:  data farms: Try again when IBKR is back" in done.err


def test_a_library_that_can_t_be_loaded_ends_nothing_else(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    package = tmp_path / "shadow" / "ibapi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(BROKEN_LIBRARY)
    with sample_gateway() as gateway:
        done = ibkr_sync(
            *("doctor", "--port", str(gateway.port), "--json"),
            env={"PYTHONPATH": str(package.parent)},
        )

    found = {finding["check"]: finding for finding in done.json["findings"]}
    assert (done.code, found["ibapi"]["level"]) == (2, "failure")
    assert "because of protobuf: gencode 6.33.5 runtime 5.29.1" in found["ibapi"]["found"]
    assert "pip install --upgrade protobuf" in found["ibapi"]["fix"]
    assert (found["connection"]["level"], found["handshake"]["level"]) == ("ok", "skipped")


def test_settings_that_can_t_be_used_end_nothing_else(ibkr_sync: CommandLine) -> None:
    ibkr_sync.configure("[gateway]\nport = 70000\n")

    done = ibkr_sync("doctor", "--json")

    found = {finding["check"]: finding for finding in done.json["findings"]}
    assert (done.code, found["settings"]["error"]) == (2, "ConfigError")
    assert "gateway.port" in found["settings"]["found"]
    assert found["database"]["level"] == "skipped"
    assert found["time zones"]["level"] == "ok"


def test_a_database_that_can_t_be_used_comes_before_a_gateway(ibkr_sync: CommandLine) -> None:
    foreign = ibkr_sync.cwd / "foreign.db"
    foreign.write_text("a text")

    done = ibkr_sync("--database", foreign, "doctor", "--port", closed_port(), "--json")

    failed = [
        finding["check"] for finding in done.json["findings"] if finding["level"] == "failure"
    ]
    assert (done.code, failed) == (7, ["database", "connection"])


def test_what_it_says_to_type_next_is_accepted(ibkr_sync: CommandLine, stocked: Path) -> None:
    at = ("--database", str(stocked))
    done = ibkr_sync(*at, "doctor", "--port", closed_port())

    steps = re.findall(r"ibkr-sync (.*)", done.err)
    assert steps
    for step in steps:
        assert ibkr_sync(*shlex.split(step)).code == 0, step
