"""Which words may stand next on a command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ibkr_sync_cli.completion.shells import Candidate, Question
from ibkr_sync_cli.completion.stored_names import stored_names

TABLE: Final = Path(__file__).with_name("commands.json")
"""The commands with their options and arguments, each with the kind of its value."""

_ALONE: Final = "alone"


def candidates_for(question: Question, environ: Mapping[str, str]) -> list[Candidate]:
    """The words that may be meant, those of the database read from it."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    command, pending, given = _walk(table, question.words)
    node = table[command]
    options = {**table["global"], **node["options"]}
    beginning = question.beginning
    if pending is not None:
        found = _values(pending, beginning, given, environ)
    elif beginning.startswith("-"):
        found = map(Candidate, options)
    elif "commands" in node:
        found = (Candidate(word, about) for word, about in node["commands"].items())
    elif command == "help":
        found = _named_commands(table, question.words)
    else:
        found = _values(node.get("argument", ""), beginning, given, environ)
    lower = beginning.lower()
    return [candidate for candidate in found if candidate.word.lower().startswith(lower)]


def _walk(
    table: Mapping[str, Any], words: Iterable[str]
) -> tuple[str, str | list[str] | None, dict[str, str]]:
    """The command, the kind of the value that is due next, and the options given with a value."""
    command, pending, option = "", None, ""
    given: dict[str, str] = {}
    for word in words:
        node = table[command]
        if pending is not None:
            given[option], pending = word, None
        elif word.startswith("-"):
            option, _, value = word.partition("=")
            kind = {**table["global"], **node["options"]}.get(option, _ALONE)
            if value:
                given[option] = value
            elif kind != _ALONE:
                pending = kind
        elif word in node.get("commands", ()):
            command = f"{command} {word}".lstrip()
    return command, pending, given


def _named_commands(table: Mapping[str, Any], words: Iterable[str]) -> Iterator[Candidate]:
    """The commands that `help` may be asked about."""
    path = " ".join(list(words)[1:])
    for word, about in table.get(path, {}).get("commands", {}).items():
        yield Candidate(word, about)


def _values(
    kind: str | list[str], beginning: str, given: Mapping[str, str], environ: Mapping[str, str]
) -> Iterable[Candidate]:
    if isinstance(kind, list):
        return map(Candidate, kind)
    return map(Candidate, stored_names(kind, beginning, given, environ))
