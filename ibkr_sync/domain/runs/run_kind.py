"""What runs are for."""

from __future__ import annotations

from enum import StrEnum


class RunKind(StrEnum):
    """What a run was for.

    REFRESH is of the watchlist, a group of it, or all that is stored; NAMED_REFRESH of products
    that somebody named.
    """

    GET = "get"
    REFRESH = "refresh"
    NAMED_REFRESH = "named_refresh"
    RENORMALISE = "renormalise"
    IMPORT = "import"
