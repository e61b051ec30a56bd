"""A command parses, calls a service and renders: its function is short."""

from __future__ import annotations

import ast
from pathlib import Path

import ibkr_sync_cli.commands

LONGEST = 20


def body_lines(function: ast.FunctionDef) -> int:
    """The lines of a body from its first statement to its last, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_function_of_a_command_is_longer_than_its_task() -> None:
    folder = Path(ibkr_sync_cli.commands.__path__[0])
    lengths = {
        f"{file.relative_to(folder)}:{node.name}": body_lines(node)
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert "daily/get.py:get" in lengths  # or this test would look at nothing
    assert {name: count for name, count in lengths.items() if count > LONGEST} == {}
