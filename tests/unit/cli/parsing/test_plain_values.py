"""What is read without typer is what typer gives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import typer
from typer.main import get_command

from ibkr_sync_cli.app import app

VALUES = (
    *(None, "", " ", "ES", "0", "1", "007", "-1", "20", "21", "65536", "9" * 25, "٣", "1_0", "0.1"),
    *("all", "ALL", "long", "usual", "json", "critical", "26h", "5bd", "HMUZ", "2026-11-23"),
    *("18:30", "UTC", "-last_trade_date", "sqlite:///a.db"),
)


def parameters(command: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    yield from ((context, parameter) for parameter in command.params)
    for name in getattr(command, "commands", ()):
        below = command.commands[name]
        yield from parameters(below, type(context)(below, info_name=name, parent=context))


def outcome(process: Any, context: Any, value: object) -> tuple[object, ...]:
    try:
        read = process(context, value)
    except typer.TyperException as refusal:
        return type(refusal), refusal.message
    return type(read), read


def test_each_parameter_of_any_command_reads_what_typer_would() -> None:
    root = get_command(app)
    asked = 0
    for context, parameter in parameters(root, root.make_context("ibkr-sync", ["version"])):
        if parameter.callback is not None:
            continue
        is_several = parameter.multiple or parameter.nargs == -1
        for value in VALUES:
            given = (value,) * (value is not None) if is_several else value
            by_typer = partial(type(parameter).process_value, parameter)
            expected = outcome(by_typer, context, given)
            assert outcome(parameter.process_value, context, given) == expected, parameter.name
            asked += 1
    assert asked > len(VALUES)
