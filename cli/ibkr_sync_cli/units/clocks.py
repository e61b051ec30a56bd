"""Whose clock the times of a table are read from."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

_AMERICAN = re.compile(r"([CEMP])[SD]T")


class Clock(StrEnum):
    """The exchange's clock, this machine's, or UTC."""

    EXCHANGE = "exchange"
    LOCAL = "local"
    UTC = "utc"

    def zone(self, exchange: tzinfo) -> tzinfo | None:
        """The zone to convert instants to; None is this machine's, as `astimezone` has it."""
        return {Clock.EXCHANGE: exchange, Clock.LOCAL: None, Clock.UTC: UTC}[self]


def clock_name(local: datetime) -> str:
    """What a local time's clock is called: CT, ET, CET, UTC; UTC+08 where it has no name.

    American exchanges and IBKR name theirs alike in summer and winter.
    """
    name = local.tzname() or ""
    american, offset = _AMERICAN.fullmatch(name), local.utcoffset()
    if american and offset is not None and offset.days < 0:  # China has a CST, too
        return f"{american[1]}T"
    return f"UTC{name}" if name[:1] in {"+", "-"} else name
