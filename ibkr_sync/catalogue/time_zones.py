"""What IBKR's time zone ids mean: `time_zones.csv`, then the zone database."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache, lru_cache

from ibkr_sync.catalogue.tables import read_table

_ABBREVIATION = re.compile(r"[A-Z]+([+-]?[0-9]+)?", re.ASCII)

_NO_ZONES = frozenset({"localtime", "Factory"})
"""Keys of the zone database that name no place: this machine's zone, and a placeholder."""


@lru_cache(256)
def iana_zone(ib_zone_id: str) -> str | None:
    """Give the zone database's name for a zone id as IBKR sends it; None when unknown.

    The table decides. An id outside it must be a key of the zone database, and no abbreviation
    but UTC: the database takes `EST`, `MST` and `HST` for fixed offsets without daylight saving.
    """
    mapped = _table().get(ib_zone_id)
    if mapped is not None:
        return mapped
    if ib_zone_id != "UTC" and _ABBREVIATION.fullmatch(ib_zone_id):
        return None
    return ib_zone_id if ib_zone_id in _database_keys() else None


@cache
def _table() -> dict[str, str]:
    return {row["ib_id"]: row["iana"] for row in read_table("time_zones")}


@cache
def _database_keys() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_ZONES
