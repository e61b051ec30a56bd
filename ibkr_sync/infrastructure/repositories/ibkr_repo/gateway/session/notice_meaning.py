"""What each code that TWS sends means for a session that asks for contract details."""

from __future__ import annotations

import re
from enum import Enum, auto

PORT_RESET = 1300
CONNECTIVITY_LOST = 1100
NO_SECURITY_DEFINITION = 200
INVALID_REQUEST = 321


class NoticeMeaning(Enum):
    """How to react to a message of TWS's error channel."""

    INFORMATION = auto()
    """Log it; nothing depends on it."""
    UPSTREAM_LOST = auto()
    """Replies in flight can no longer be trusted to be complete."""
    UPSTREAM_RESTORED = auto()
    """IBKR is back; what was in flight has to be asked again."""
    PACING = auto()
    """We sent too fast."""
    CLIENT_ID_IN_USE = auto()
    """Another session holds our client id."""
    REQUEST_FAILED = auto()
    """The request it names has failed."""
    LADDER_FAILED = auto()
    """A request without an id has failed, as one for a tick ladder is (seen with id -1)."""


_MEANINGS = {
    100: NoticeMeaning.PACING,
    326: NoticeMeaning.CLIENT_ID_IN_USE,
    CONNECTIVITY_LOST: NoticeMeaning.UPSTREAM_LOST,
    1101: NoticeMeaning.UPSTREAM_RESTORED,
    1102: NoticeMeaning.UPSTREAM_RESTORED,
    PORT_RESET: NoticeMeaning.UPSTREAM_LOST,
    2110: NoticeMeaning.UPSTREAM_LOST,
    # The security definition farm serves contract details: the one farm that matters here.
    2157: NoticeMeaning.UPSTREAM_LOST,
    2158: NoticeMeaning.UPSTREAM_RESTORED,
}

RESTORES = {1101: (CONNECTIVITY_LOST, 2110), 1102: (CONNECTIVITY_LOST, 2110), 2158: (2157,)}
"""Which outages a restoration ends."""

_NEVER_ABOUT_CONTRACT_DETAILS = frozenset(
    # Historical data and market data permissions; they arrive with ids that may equal ours.
    (162, 165, 166, 354, 10089, 10090, 10167, 10186, 10197, 10285)
)
_NEW_PORT = re.compile(r"\bport\W+([0-9]{1,5})\b", re.ASCII)
_LAST_PORT = 65535
_FARM_STATUS = range(2100, 2200)


def new_port_in(text: str) -> int | None:
    """The port that a reset names: `Please reconnect on the new port - 4003`; None for no port."""
    found = _NEW_PORT.search(text)
    port = int(found[1]) if found else 0
    return port if 0 < port <= _LAST_PORT else None


def notice_meaning_of(code: int, *, names_our_request: bool) -> NoticeMeaning:
    """Classify a code; an unknown one fails the request it names, else it is only logged."""
    if code in _MEANINGS:
        return _MEANINGS[code]
    if code == INVALID_REQUEST and not names_our_request:
        return NoticeMeaning.LADDER_FAILED
    if not names_our_request or code in _NEVER_ABOUT_CONTRACT_DETAILS or code in _FARM_STATUS:
        return NoticeMeaning.INFORMATION
    return NoticeMeaning.REQUEST_FAILED
