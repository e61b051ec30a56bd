"""Text from files and the environment made safe to show: no secrets, no control characters."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

MASK = "***"

_SECRET_KEY = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"(?P<key>[^?&;\s=]+)(?P<equals>\s*=\s*)(?P<value>'[^']*'|[^&;\s]*)")
_SHOWN_LENGTH = 120
_SHOWN_NUMBER = 10**18


def mask_url(text: str) -> str:
    """Replace the secrets in a database URL, or in what was meant as one, by `***`.

    Masked are the password before the @ and the value of every parameter whose name holds
    pass, pwd, secret, token or key, percent-encoded or not. A password may hold any character,
    even an unencoded @, / or ?, so everything from the first colon after the scheme to the last
    @ counts as the password: rather too much is masked than too little.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    before, at, after = rest.rpartition("@")
    user, colon, _password = before.partition(":")
    if at and colon:
        rest = f"{user}:{MASK}@{after}"
    return scheme + separator + _ASSIGNMENT.sub(_mask_assignment, rest)


def has_secret(text: str) -> bool:
    """Whether `mask_url` hides something in the text."""
    return mask_url(text) != text


def printable(text: str) -> str:
    r"""Replace what a terminal may interpret, or can't encode, by its `\x..` escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def shown(value: object) -> str:
    """Say a value as a message may repeat it: masked, printable, short, in TOML's words."""
    match value:
        case str() if len(value) <= _SHOWN_LENGTH:
            return f'"{printable(mask_url(value))}"'
        case str():
            return f"a text of {len(value)} characters"
        case bool():
            return str(value).lower()
        case int() | float() if not abs(value) >= _SHOWN_NUMBER:
            return str(value)
    kinds = {int: "a huge number", float: "a huge number", dict: "a table", list: "a list"}
    return kinds.get(type(value), "a date or time")


def _mask_assignment(match: re.Match[str]) -> str:
    if not match["value"] or not _SECRET_KEY.search(unquote_plus(match["key"])):
        return match[0]
    return f"{match['key']}{match['equals']}{MASK}"
