"""The tree of commands, of which a call loads and builds only the one it runs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.main import get_command, get_group

from ibkr_sync_cli.parsing.commands import Command, Group

_COMMANDS: Final = {
    "get": "daily.get:get",
    "refresh": "daily.refresh:refresh",
    "watchlist": "daily.watchlist:app",
    "changes": "daily.changes:changes",
    "check": "daily.check:check",
    "next": "daily.next_contract:next_contract",
    "show": "looking.show:show",
    "list": "looking.list_products:list_products",
    "hours": "looking.hours:hours",
    "expirations": "looking.expirations:expirations",
    "rolls": "looking.rolls:rolls",
    "history": "looking.history:history",
    "catalogue": "looking.catalogue:catalogue",
    "audit": "looking.audit:audit",
    "report": "looking.report:report",
    "doctor": "upkeep.doctor:doctor",
    "runs": "upkeep.runs:runs",
    "pin": "upkeep.pin:pin",
    "unpin": "upkeep.pin:unpin",
    "schedule": "upkeep.schedule:schedule",
    "import": "upkeep.import_deliveries:import_deliveries",
    "export": "upkeep.export:export",
    "config": "upkeep.config:app",
    "db": "upkeep.database.group:app",
    "demo": "upkeep.demo:demo",
    "replay": "upkeep.replay:app",
    "help": "upkeep.help:show_help",
    "version": "upkeep.version:version",
}
"""Each command, in the order of the help, with its module and the function or group in it."""

_HEADINGS: Final = {
    "daily": "Daily commands",
    "looking": "Looking at what is stored",
    "upkeep": "Upkeep",
}
"""The heading in the help, by the folder of a command."""


class CommandTree(Group):
    """The top of the tree."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own settings
        super().__init__(**settings)
        self.commands = _LoadedOnUse()

    def heading_of(self, name: str) -> str:
        """The heading that a command stands under in the help."""
        folder, _, _ = _COMMANDS.get(name, "upkeep.").partition(".")
        return _HEADINGS[folder]


class _LoadedOnUse(MutableMapping[str, Any]):
    """Commands by name. Help asks for all of them, any other call for one."""

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
        found.info.cls = Group
        for other in found.registered_commands:
            other.cls = Command
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, cls=Command)(found)
    return get_command(alone)
