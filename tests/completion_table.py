"""Write the table that completion reads, from the commands.

python tests/completion_table.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from commands_page import contexts
from ibkr_sync.config.setting_types import SOURCES
from ibkr_sync.domain.history.events import RECORDED_FIELDS
from ibkr_sync.domain.selection.chain_selection import SORT_FIELDS
from ibkr_sync_cli.completion.words import TABLE
from ibkr_sync_cli.messages.command_words import command_words
from ibkr_sync_cli.parsing.commands import global_options
from ibkr_sync_cli.parsing.help_page import first_sentence

ALONE = "alone"
OPTIONS: dict[str, str | list[str]] = {
    "--exchange": "exchange",
    "--field": sorted(RECORDED_FIELDS),
    "--group": "group",
    "--log-format": ["auto", "text", "json"],
    "--profile": "profile",
    "--run": "run",
    "--sort": sorted(SORT_FIELDS),
    "--source": list(SOURCES),
    "--trading-class": "class",
}
ARGUMENTS = {"unpin": "pin", "watchlist remove": "watched"}


def table() -> str:
    """The table as JSON."""
    found: dict[str, Any] = {}
    for context in contexts():
        words = " ".join(command_words(context))
        inherited = global_options(context)
        own = [param for param in context.command.get_params(context) if param not in inherited]
        if inherited:
            found["global"] = _options(inherited)
        node = found[words] = {"options": _options(own)}
        arguments = [item for item in own if item.param_type_name == "argument"]
        if hasattr(context.command, "commands"):
            node["commands"] = {
                name: first_sentence(other.help) for name, other in context.command.commands.items()
            }
        elif arguments:
            kind = "symbol" if arguments[0].metavar == "SYMBOL" else ""
            node["argument"] = ARGUMENTS.get(words, kind)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _options(parameters: Iterable[Any]) -> dict[str, str | list[str]]:
    return {
        name: _kind(parameter)
        for parameter in parameters
        if parameter.param_type_name == "option"
        for name in sorted(parameter.opts)
    }


def _kind(option: Any) -> str | list[str]:
    if option.is_flag or option.count:
        return ALONE
    if option.type_descriptor.choices is not None:
        return [str(choice) for choice in option.type_descriptor.choices]
    return next((OPTIONS[name] for name in option.opts if name in OPTIONS), "")


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
