"""What time zone ids mean: those of exchanges and those of logins are two vocabularies.

`timeZoneId` is the exchange's, in IBKR's own words (`time_zones.csv`). The zone in the text of a
last trade is the login's, in the words of Java or of Windows (`login_time_zones.csv`): there
`GMT` is literal and `CTT` is Shanghai.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import timedelta, timezone, tzinfo
from functools import cache, lru_cache

from ibkr_sync.catalogue.csv_tables import read_table

_ABBREVIATION = re.compile(r"[A-Z]+([+-]?[0-9]+)?", re.ASCII)
_JAVA_OFFSET = re.compile(
    r"GMT(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::(?P<minutes>[0-5][0-9]))?", re.ASCII
)
_MOST_HOURS = 14

_NO_ZONES = frozenset({"localtime", "Factory"})
"""Keys of the zone database that name no place: this machine's zone, and a placeholder."""


@lru_cache(256)
def iana_zone(ib_zone_id: str) -> str | None:
    """Give the zone database's name for an exchange's zone id; None when unknown.

    The table decides. An id outside it must be a key of the zone database, and no abbreviation
    but UTC: the database takes `EST`, `MST` and `HST` for fixed offsets without daylight saving.
    """
    mapped = _table("time_zones", "ib_id").get(ib_zone_id)
    if mapped is not None:
        return mapped
    if ib_zone_id != "UTC" and _ABBREVIATION.fullmatch(ib_zone_id):
        return None
    return ib_zone_id if ib_zone_id in _database_keys() else None


@lru_cache(256)
def login_zone(zone_id: str) -> tzinfo | None:
    """Give the zone that the id of a login names; None when unknown.

    The table decides, then the zone database, whose keys Java takes literally, then Java's own
    form of an offset (`GMT+05:30` is east of Greenwich).
    """
    name = _table("login_time_zones", "login_id").get(zone_id, zone_id)
    if name in _database_keys():
        return zoneinfo.ZoneInfo(name)
    offset = _JAVA_OFFSET.fullmatch(zone_id)
    if offset is None or int(offset["hours"]) > _MOST_HOURS:
        return None
    east = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
    return timezone(east if offset["sign"] == "+" else -east)


def exchange_zones() -> frozenset[str]:
    """The zone database's names of all zones that exchanges are known to be in."""
    return frozenset(_table("time_zones", "ib_id").values())


@cache
def _table(name: str, key: str) -> dict[str, str]:
    return {row[key]: row["iana"] for row in read_table(name)}


@cache
def _database_keys() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_ZONES
