"""The demo: a week that is the same each time it is played, to look around in."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from e2e.command_line import CommandLine
from e2e.gateways import ROW, gateway_with

ADVISED = re.compile(r"^  ibkr-sync (--profile demo .*)$", re.MULTILINE)
CHANGES = {
    ("TICK_CHANGED", "critical"),
    ("EXPIRY_MOVED", "critical"),
    ("MISSING", "notice"),
    ("DELISTED", "critical"),
}


def test_the_demo_plays_a_week_that_begins_anew_each_time(ibkr_sync: CommandLine) -> None:
    ibkr_sync("-p", "demo", "get", "NQ")  # it is all the demo's, and goes

    done = ibkr_sync("demo")

    assert done.code == 0, done
    assert done.message.count("$ ibkr-sync --profile demo refresh") == 7
    changes = ibkr_sync("-p", "demo", "changes", "--since", "8d", "--json").json
    assert {(event["type"], event["severity"]) for event in changes["events"]} >= CHANGES
    assert "NQ" not in {event["symbol"] for event in changes["events"]}
    runs = ibkr_sync("-p", "demo", "runs", "--json").json["runs"]
    assert [run["outcome"] for run in runs] == ["ok"] * 3 + ["failed"] + ["ok"] * 3
    advised = ADVISED.findall(done.err)
    assert len(advised) == 5
    for item in advised:
        shown = ibkr_sync(*shlex.split(item), "-f", "table")
        assert (shown.code, shown.err) == (0, ""), (item, shown)
    data = ibkr_sync.home / ".local/share/ibkr-sync"
    assert sorted(path.name for path in data.iterdir()) == ["demo.db", "demo.db.lock"]
    assert {path.stat().st_mode & 0o077 for path in (data, *data.iterdir())} == {0}
    assert not any(ibkr_sync.cwd.iterdir())


def test_the_demo_leaves_real_data_alone(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "real.db"
    with gateway_with(ROW) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        assert ibkr_sync("--database", path, "get", "NOVA", *source).code == 0
    before = path.read_bytes()

    refused = ibkr_sync("--database", path, "demo")

    assert refused.code == 2
    assert "no file of sample data" in refused.message
    assert path.read_bytes() == before
