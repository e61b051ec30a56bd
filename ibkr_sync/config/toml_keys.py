"""On which line of a TOML text each key is set, for messages and `config show`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

from ibkr_sync.config.safe_text import safe_value_text

TomlKey = tuple[str, ...]
"""The names of the tables a value lies in, and its own; `[2]` is the second of a list of tables."""

# [profiles.NAME.gateway] with its key is the deepest a config file goes.
DEPTH = 4
_MAX_STATEMENTS = 500
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_POSITION = re.compile(r"\[[0-9]{1,9}\]")


@lru_cache(maxsize=8)
def key_lines(text: str) -> Mapping[TomlKey, int]:
    """Map each table and key of a TOML text to the line its statement starts on, from 1.

    The text is parsed up to the end of each statement in turn, so that a line counts only for
    what the parser itself finds there; time grows with the square of the statements, hence
    only the first 500 are reported.
    """
    import tomli  # only where there is a file

    lines = text.replace("\r\n", "\n").split("\n")
    found: dict[TomlKey, int] = {}
    statement: int | None = None
    parsed = 0
    for number, line in enumerate(lines, start=1):
        if statement is None and line.strip()[:1] in ("", "#"):
            continue
        if statement is None:
            statement = number
        if parsed == _MAX_STATEMENTS:
            break
        parsed += 1
        try:
            table = tomli.loads("\n".join(lines[:number]))
        except (ValueError, RecursionError):
            continue
        for key in toml_keys(table):
            found.setdefault(key, statement)
        statement = None
    return found


def toml_keys(table: Mapping[str, object], above: TomlKey = ()) -> Iterator[TomlKey]:
    """Give the keys of a TOML table and of the tables in it, down to `DEPTH`."""
    for name, value in table.items():
        key = (*above, name)
        yield key
        if isinstance(value, dict) and len(key) < DEPTH:
            yield from toml_keys(value, key)
        if isinstance(value, list) and len(key) < DEPTH:
            tables = {
                toml_position(i): other for i, other in enumerate(value) if isinstance(other, dict)
            }
            yield from toml_keys(tables, key)


def written_toml_key(key: TomlKey, written: Container[TomlKey]) -> TomlKey:
    """Give as much of a key as is written: the table's, where a single value stands for it."""
    while key not in written and len(key) > 1 and not _POSITION.fullmatch(key[-1]):
        key = key[:-1]
    return key


def toml_position(index: int) -> str:
    """The part of a key that names an element of a list; `index` counts from 0."""
    return f"[{index + 1}]"


def toml_key_text(key: TomlKey) -> str:
    """Write a key as TOML does, shortened and safe to show."""
    text = ""
    for part in key:
        if _POSITION.fullmatch(part):
            text += part
        else:
            text += "." * bool(text) + (part if _BARE.fullmatch(part) else safe_value_text(part))
    return text
