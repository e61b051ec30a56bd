"""Which contracts the installed NautilusTrader's IB adapter has ids for."""

from __future__ import annotations

import re
from importlib.metadata import version

_MONTH_CODED = re.compile(r"\w{1,3}[FGHJKMNQUVXZ]\d")
_SINCE = (1, 231)


def is_named_as_ours(local_symbol: str) -> bool:
    """Whether its id is the catalogue's; before 1.231 only that of a root, month and year."""
    release = tuple(map(int, version("nautilus_trader").split(".")))
    return release >= _SINCE or _MONTH_CODED.fullmatch(local_symbol) is not None
