"""The tree of commands, of which a call loads and builds only the one it runs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

_COMMANDS: Final = {
    "get": "daily.get:get",
    "show": "looking.show:show",
    "hours": "looking.hours:hours",
    "next": "daily.next_contract:next_contract",
    "expirations": "looking.expirations:expirations",
    "rolls": "looking.rolls:rolls",
    "pin": "upkeep.pin:pin",
    "unpin": "upkeep.pin:unpin",
    "list": "looking.list_products:list_products",
    "catalogue": "looking.catalogue:catalogue",
    "refresh": "daily.refresh:refresh",
    "watchlist": "daily.watchlist:app",
    "check": "daily.check:check",
    "runs": "upkeep.runs:runs",
    "schedule": "upkeep.schedule:schedule",
    "changes": "daily.changes:changes",
    "history": "looking.history:history",
    "import": "upkeep.import_deliveries:import_deliveries",
    "audit": "looking.audit:audit",
    "config": "upkeep.config:app",
    "db": "upkeep.database:app",
    "demo": "upkeep.demo:demo",
    "replay": "upkeep.replay:app",
    "version": "upkeep.version:version",
}
"""Each command, in the order of the help, with its module and the function or group in it."""


class CommandTree(TyperGroup):
    """The top of the tree."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own settings
        super().__init__(**settings)
        self.commands = _LoadedOnUse()

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps its type to itself
        """Run a command; what refuses its options is without the prefix of pydantic."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as refusal:
            refusal.message = refusal.message.removeprefix("Value error, ")
            raise


class _LoadedOnUse(MutableMapping[str, Any]):
    """Commands by name. Help and completion ask for all of them, any other call for one."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer keeps its type to itself
        if name not in self._built:
            self._built[name] = _build(name, _COMMANDS[name])
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401 - as above
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*_COMMANDS, *self._built)))

    def __len__(self) -> int:
        return len(_COMMANDS.keys() | self._built.keys())


def _build(name: str, place: str) -> Any:  # noqa: ANN401 - as above
    module, attribute = place.split(":")
    found = getattr(import_module(f"ibkr_sync_cli.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return _with_whole_lines(group)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(found)
    return _with_whole_lines(get_command(alone))


def _with_whole_lines(command: Any) -> Any:  # noqa: ANN401 - as above
    """Join the lines of each paragraph of the help, which rich would break a second time."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    for each in getattr(command, "commands", {}).values():
        _with_whole_lines(each)
    return command
