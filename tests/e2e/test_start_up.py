"""Start-up is a feature: a command loads what it needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from e2e.command_line import CommandLine

WATCHED = """
import sys
path, sys.argv = sys.argv[1], ["ibkr-sync", *sys.argv[2:]]
try:
    from ibkr_sync_cli.__main__ import main
    main()
finally:
    with open(path, "w") as file:
        file.write("\\n".join(sys.modules))
"""
HEAVY = {
    "sqlalchemy", "alembic", "ibapi", "psycopg", "asyncio", "filelock", "holidays",
    "ibkr_sync.bootstrap", "pydantic",
}  # fmt: skip


def loaded(
    ibkr_sync: CommandLine, tmp_path: Path, *arguments: str, env: dict[str, str] | None = None
) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Run a command in a fresh interpreter; gives what it printed and the modules it loaded."""
    modules = tmp_path / "modules"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", WATCHED, modules, *arguments],
        env=ibkr_sync.environment(env),
        cwd=ibkr_sync.cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, set(modules.read_text().split("\n"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--help"], "Exit codes:"),
        (["get", "-h"], "--allow-shrink"),
        (["--version"], "ibkr-sync "),
        (["version"], "ibkr-sync "),
        (["config", "example"], "[gateway]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_needs_no_database_and_no_gateway_loads_neither(
    ibkr_sync: CommandLine, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done, modules = loaded(ibkr_sync, tmp_path, *arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert message in done.stdout
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "suggested"),
    [("ibkr-sync sho", "show"), ("ibkr-sync get --sou", "--source")],
)
def test_completion_answers_without_loading_either(
    ibkr_sync: CommandLine, tmp_path: Path, words: str, suggested: str
) -> None:
    env = {
        "_IBKR_SYNC_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done, modules = loaded(ibkr_sync, tmp_path, env=env)

    assert suggested in done.stdout.split()
    assert modules & (HEAVY | {"typer", "rich", "platformdirs", "tomli"}) == set()


def test_show_loads_no_gateway_no_migrations_and_no_orm(
    ibkr_sync: CommandLine, tmp_path: Path, stocked: Path
) -> None:
    done, modules = loaded(
        *(ibkr_sync, tmp_path, "--database", str(stocked), "show", "ES"),
        *("--series", "all", "--limit", "3", "--multiplier", "50"),
    )

    assert done.returncode == 0
    assert "sqlalchemy" in modules  # or this test would look at nothing
    assert modules & {"ibapi", "alembic", "sqlalchemy.orm", "psycopg", "pydantic"} == set()


@pytest.mark.parametrize("arguments", [("db", "status"), ("show", "ES"), ("list",), ("runs",)])
def test_what_only_reads_the_database_builds_no_gateway_in_any_profile(
    ibkr_sync: CommandLine, tmp_path: Path, stocked: Path, arguments: tuple[str, ...]
) -> None:
    done, modules = loaded(
        ibkr_sync, tmp_path, "-p", "demo", "--database", str(stocked), *arguments
    )

    assert done.returncode == 0
    assert "ibkr_sync.infrastructure.repositories.local_repo" in modules
    infrastructure = {
        module for module in modules if module.startswith("ibkr_sync.infrastructure.")
    }
    assert not [text for text in infrastructure if "replay" in text or "ibkr_repo.gateway" in text]
    assert "ibapi" not in modules
