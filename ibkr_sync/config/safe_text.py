"""Text from files and the environment made safe to show: no secrets, no control characters."""

from __future__ import annotations

from ibkr_sync.domain.databases.database_url import mask_url

_SHOWN_LENGTH = 120
_SHOWN_NUMBER = 10**18


def safe_text(text: str) -> str:
    r"""Replace what a terminal may interpret, or can't encode, by its `\x..` escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def safe_value_text(value: object) -> str:
    """Say a value as a message may repeat it: masked, printable, short, in TOML's words."""
    match value:
        case str() if len(value) <= _SHOWN_LENGTH:
            return f'"{safe_text(mask_url(value))}"'
        case str():
            return f"a text of {len(value)} characters"
        case bool():
            return str(value).lower()
        case int() | float() if not abs(value) >= _SHOWN_NUMBER:
            return str(value)
    kinds = {int: "a huge number", float: "a huge number", dict: "a table", list: "a list"}
    return kinds.get(type(value), "a date or time")
