"""Start-up is a feature: a command loads what it needs, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from e2e.command_line import CommandLine

WATCHED = """
import json, os, sys
path, *calls = sys.argv[1:]
for call in map(json.loads, calls):
    os.environ.update(call["env"])
    sys.argv = ["ibkr-sync", *call["arguments"]]
    try:
        from ibkr_sync_cli.__main__ import main
        main()
    except SystemExit as ending:
        assert not ending.code, ending.code
with open(path, "w") as file:
    file.write("\\n".join(sys.modules))
"""
HEAVY = {
    "sqlalchemy", "alembic", "ibapi", "psycopg", "asyncio", "filelock", "holidays",
    "ibkr_sync.bootstrap", "pydantic",
}  # fmt: skip


def loaded(
    ibkr_sync: CommandLine,
    tmp_path: Path,
    *calls: Sequence[str],
    env: Sequence[Mapping[str, str]] = (),
) -> tuple[str, set[str]]:
    """Run calls that succeed, one after the other in a fresh interpreter.

    Gives what they printed and the modules that they loaded.
    """
    modules = tmp_path / "modules"
    extras = env or [{}] * len(calls)
    requests = [
        json.dumps({"arguments": arguments, "env": extra})
        for arguments, extra in zip(calls, extras, strict=True)
    ]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", WATCHED, modules, *requests],
        env=ibkr_sync.environment(),
        cwd=ibkr_sync.cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    notes = set(done.stderr.splitlines())
    assert (done.returncode, notes - {"note: this is sample data"}) == (0, set())
    return done.stdout, set(modules.read_text().split("\n"))


def test_what_needs_no_database_and_no_gateway_loads_neither(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    calls = {
        ("--help",): "Exit codes:",
        ("get", "-h"): "--allow-shrink",
        ("--version",): "ibkr-sync ",
        ("version",): "ibkr-sync ",
        ("config", "example"): "[gateway]",
    }
    printed, modules = loaded(ibkr_sync, tmp_path, *calls)

    assert [message for message in calls.values() if message not in printed] == []
    assert modules & HEAVY == set()


def test_completion_answers_without_loading_either(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    env = [
        {
            "_IBKR_SYNC_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        for words in ("ibkr-sync sho", "ibkr-sync get --sou")
    ]
    printed, modules = loaded(ibkr_sync, tmp_path, (), (), env=env)

    assert {"show", "--source"} <= set(printed.split())
    assert modules & (HEAVY | {"typer", "rich", "pydantic", "platformdirs", "tomli"}) == set()


def test_what_reads_a_product_loads_nothing_of_other_questions(
    ibkr_sync: CommandLine, tmp_path: Path, stocked: Path
) -> None:
    readers = (
        ("show", "ES", "--series", "all", "--limit", "3", "--multiplier", "50"),
        ("next", "ES", "--side", "short"),
    )
    of_database = ("--database", str(stocked))
    _, modules = loaded(ibkr_sync, tmp_path, *((*of_database, *words) for words in readers))

    assert "sqlalchemy" in modules  # or this test would look at nothing
    libraries = {"ibapi", "alembic", "sqlalchemy.orm", "psycopg", "pydantic", "rich.console"}
    of_others = {f"ibkr_sync.domain.{name}" for name in ("history.events", "hours.hours_by_day")}
    of_writing = {f"ibkr_sync.domain.{name}" for name in ("runs.sync_policy", "runs.future_update")}
    of_help = {"ibkr_sync_cli.parsing.help_page", "ibkr_sync_cli.messages.usage_errors"}
    assert modules & (libraries | of_others | of_writing | of_help) == set()


def test_what_only_reads_the_database_builds_no_gateway_in_any_profile(
    ibkr_sync: CommandLine, tmp_path: Path, stocked: Path
) -> None:
    demo = ("-p", "demo", "--database", str(stocked))
    readers = (("db", "status"), ("show", "ES"), ("list",), ("runs",))
    _, modules = loaded(ibkr_sync, tmp_path, *((*demo, *words) for words in readers))

    assert "ibkr_sync.infrastructure.repositories.local_repo" in modules
    infrastructure = {
        module for module in modules if module.startswith("ibkr_sync.infrastructure.")
    }
    assert not [text for text in infrastructure if "replay" in text or "ibkr_repo.gateway" in text]
    assert "ibapi" not in modules
