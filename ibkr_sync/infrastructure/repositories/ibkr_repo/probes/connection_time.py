"""The gateway's clock, from the time that it gives as it accepts a connection.

It comes as `20261123 12:00:00 Central European Standard Time`, in the zone of the login, as Java
or Windows call it. Of abbreviations such as CST nobody knows which zone they mean; but every zone
is whole quarters of an hour from UTC, so that the rest of the difference is certain even then.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ibkr_sync.catalogue import login_zone
from ibkr_sync.domain.runs.diagnosis.gateway import ClockDifference

_TIME = re.compile(
    r"(?P<date>[0-9]{8})[ -]+(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\s+(?P<zone>\S.*))?", re.ASCII
)
_ABBREVIATION = re.compile(r"(?!UTC$|GMT$)[A-Z]+", re.ASCII)
_QUARTER = timedelta(minutes=15)


def compare_clocks(connection_time: str, at: datetime) -> ClockDifference | None:
    """How far the clock that gave this text was ahead of ours, which had the UTC instant `at`.

    None for a text that is no time.
    """
    match = _TIME.fullmatch(connection_time.strip())
    if match is None:
        return None
    try:
        given = datetime.strptime(f"{match['date']} {match['time']} +0000", "%Y%m%d %H:%M:%S %z")
        ahead = _whole_difference(given, match["zone"] or "", at)
    except (ValueError, OverflowError):  # of years that no clock shows
        return None
    if ahead is not None:
        return ClockDifference(ahead=ahead, is_whole=True, said=connection_time)
    rest = (given - at + _QUARTER / 2) % _QUARTER - _QUARTER / 2
    return ClockDifference(ahead=rest, is_whole=False, said=connection_time)


def _whole_difference(given: datetime, zone_id: str, at: datetime) -> timedelta | None:
    """The smaller one where the clock shows the hour twice; None in a zone that is not certain."""
    zone = None if _ABBREVIATION.fullmatch(zone_id) else login_zone(zone_id)
    if zone is None:
        return None
    local = given.replace(tzinfo=zone)
    return min((local.replace(fold=fold).astimezone(UTC) - at for fold in (0, 1)), key=abs)
