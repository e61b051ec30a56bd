"""What a program may rely on: the public names, and how they are called."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

import ibkr_sync
from ibkr_sync_cli.parsing.command_tree import _COMMANDS

CALLED_OTHERWISE = {"show": "contracts", "import": "import_deliveries"}
OF_THE_TERMINAL = {
    *("as_of", "explain"),  # methods of their own: as_of, explain_next
    "list_all",  # pins
    *("exit_code", "tz", "days", "limit", "sort", "context"),
    *("yes", "allow_collisions"),  # a review of the user's table, and an exit code
}
"""Options that are no argument: what they ask is another method, or what a program does itself."""

OF_THE_COMMAND_LINE = {
    *("config", "db", "demo", "doctor", "help", "replay", "report", "schedule"),
    "version",
}
"""Installing, settings, upkeep, and files for people and other systems."""

NARROWING = {"exchange", "currency", "trading_class", "multiplier"}


def test_public_names_and_signatures_are_held(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(_signatures()) == snapshot


def test_a_name_is_the_same_for_who_checks_types_and_for_who_runs() -> None:
    source = Path(str(ibkr_sync.__file__)).read_text(encoding="utf-8")
    (block,) = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    checked = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    loaded = {name: place for place, names in ibkr_sync._PLACES.items() for name in names}
    assert checked == loaded
    assert sorted(loaded) == sorted(ibkr_sync.__all__) == sorted(dir(ibkr_sync))
    named = loaded.keys() - {"__version__"}
    assert all(getattr(ibkr_sync, name).__name__ == name for name in named)


def test_every_error_that_a_method_names_can_be_caught_by_it() -> None:
    library = Path(str(ibkr_sync.__file__)).parent / "library"
    named = {
        name
        for module in library.glob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for name in re.findall(r"[A-Z]\w+Error\b", ast.get_docstring(node) or "")
    }
    assert named - {*dir(ibkr_sync), "OSError", "TypeError", "ValueError"} == set()


def test_to_import_it_loads_nothing_yet() -> None:
    asked = "import sys; known = {*sys.modules}; import ibkr_sync; print({*sys.modules} - known)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "{'ibkr_sync'}"


def test_every_command_that_asks_or_stores_is_a_method_with_its_options() -> None:
    lacking: dict[str, set[str]] = {}
    for name, place in _COMMANDS.items():
        path, _, function = place.partition(":")
        if name in OF_THE_COMMAND_LINE or function == "app":
            continue
        method = getattr(ibkr_sync.ReferenceData, CALLED_OTHERWISE.get(name, name))
        commands = importlib.import_module(f"ibkr_sync_cli.commands.{path}")
        options = set(inspect.signature(getattr(commands, function)).parameters)
        taken = {_plural(other) for other in inspect.signature(method).parameters}
        if "limits" in taken:
            taken |= NARROWING
        options = {_plural(other) for other in options} - OF_THE_TERMINAL - taken
        if options:
            lacking[name] = options
    assert lacking == {
        "list": {"expiring"},  # `expirations` has it
        "runs": {"run"},  # `outcomes`
    }


def _plural(name: str) -> str:
    return {"symbol": "symbols", "group": "groups", "run_id": "run"}.get(name, name)


def _signatures() -> Iterator[str]:
    for name in ibkr_sync.__all__:
        public = getattr(ibkr_sync, name)
        yield name
        if not getattr(public, "__module__", "").startswith("ibkr_sync.library"):
            continue
        if not isinstance(public, type):
            yield f"    {name}{inspect.signature(public)}"
            continue
        for member, value in inspect.getmembers(public):
            if member.startswith("_") or member in dir(Sequence):
                continue
            yield f"    {member}{inspect.signature(value) if inspect.isfunction(value) else ''}"
