"""The events of the simulated month, night by night: these, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

from fakes.gateway_rig import SERVER_VERSION

Said: TypeAlias = tuple[str, str, str, str, str | None, str | None]
"""Type, severity, who, which field, before, after."""

CALENDAR_DATES = 182
"""From this server version on rows say the date of the last trade besides its text."""


def _new(*contracts: str) -> list[Said]:
    return [("NEW", "info", contract, "listing", None, "listed") for contract in contracts]


def _missing(*contracts: str) -> list[Said]:
    return [
        ("MISSING", "notice", contract, "listing", "listed", "missing") for contract in contracts
    ]


def _delisted(*contracts: str) -> list[Said]:
    return [
        ("DELISTED", "critical", contract, "listing", "missing", "delisted")
        for contract in contracts
    ]


def _expired(contract: str) -> Said:
    return ("EXPIRED", "info", contract, "state", "active", "expired")


def _unstated(who: str, *fields: str) -> list[Said]:
    kind = "no_longer_stated"
    return [
        ("NO_LONGER_STATED", "info", who, kind, None, f"{field} no longer stated")
        for field in fields
    ]


def _over(remarked: list[Said]) -> list[Said]:
    """What was odd or left out is right again."""
    return [("FIELD_CHANGED", "info", who, kind, new, None) for _, _, who, kind, _, new in remarked]


FIRST: list[Said] = [
    ("NEW", "info", symbol, "product", None, count)
    for symbol, count in (
        *(("ES", "4"), ("DAX", "2"), ("DAX", "2"), ("BUND", "3"), ("KC", "5"), ("CL", "12")),
        *(("VIX", "4"), ("UX", "6"), ("BFF", "1"), ("DA", "2"), ("TTF", "3")),
    )
]
BAD_TICK: list[Said] = [
    ("ODD_ROW", "notice", "CLX7", "odd_row", None, "min_tick '0': must be positive")
]
UNKNOWN_ZONE: list[Said] = [
    ("ODD_ROW", "notice", "KCU7", "odd_row", None, "time_zone 'Mars/Olympus': unknown time zone")
]
LEFT_OUT = _unstated(
    "KCU7", "contract_month", "real_expiration_date", "multiplier", "min_tick", "price_magnifier"
)
NO_MAGNIFIER = _unstated("VX52Z6", "price_magnifier")
NO_TICKS = _unstated("DAX", "every contract: min_tick")
WRONG_DATE: list[Said] = [
    (
        *("DATES_DISAGREE", "notice", "ES2703", "dates_disagree", None),
        "last_trade_date '20270419': it is 2027-03-19 or 2027-04-19",
    )
] * (SERVER_VERSION >= CALENDAR_DATES)
ROUTES = ("CME:67,QBALGO", "QBALGO,CME:67")
ROUTES_BACK = ("QBALGO,CME:67", "CME:67,QBALGO")
ANOTHER_CLASS = ("UX@NYMEX (UX)", "UX@NYMEX (UXA)")
CRUDE_SPRING = ("CLJ7", "CLK7", "CLM7", "CLN7")

EVENTS: dict[int, list[Said]] = {
    0: FIRST,
    3: _new("ESZ7"),
    5: _new("VX50Z6"),
    6: [
        *_missing("KCZ7"),
        *BAD_TICK,
        ("CLOSED", "notice", "BFF", "closed_at", None, "2026-11-29T22:30:00+00:00"),
    ],
    7: [
        *_delisted("KCZ7"),
        ("MAGNIFIER_CHANGED", "notice", "VX50Z6", "price_magnifier", None, "1"),
        ("VENUES_CHANGED", "info", "ES2706", "venues", *ROUTES),
    ],
    8: _missing("FGBLM7", "DA"),  # both contracts of DA
    9: [
        ("RETURNED", "notice", "FGBLM7", "listing", "missing", "listed"),
        *_delisted("DA"),
        ("CLOSED", "notice", "DA", "closed_at", None, "2026-12-02T22:30:00+00:00"),
        *_over(BAD_TICK),
        ("VENUES_CHANGED", "info", "ES2706", "venues", *ROUTES_BACK),
    ],
    10: [("MULTIPLIER_CHANGED", "critical", "DAX", "multiplier", "25", "20"), *UNKNOWN_ZONE],
    11: [
        ("RETURNED", "notice", "KCZ7", "listing", "delisted", "listed"),
        *_over(UNKNOWN_ZONE),
        ("MOVED", "critical", "UXK7", "product", *ANOTHER_CLASS),
        ("MOVED", "critical", "UXN7", "product", *ANOTHER_CLASS),
    ],
    12: [
        ("SYMBOL_RENAMED", "critical", "BUND", "symbol", "GBL", "BUND"),
        ("CLASS_CHANGED", "notice", "BUND", "trading_class", "FGBL", "FBND"),
        *_new("VX52Z6"),
        ("MOVED", "critical", "UXQ7", "product", "UX@NYMEX (UX)", "UX@CBOT (UX)"),
    ],
    13: NO_MAGNIFIER,
    15: [
        *_over(NO_MAGNIFIER),
        ("EXCHANGE_RENAMED", "critical", "KC", "exchange", "NYBOT", "ICEUS"),
    ],
    16: [("EXPIRY_MOVED", "critical", "ES2612", "last_trade_date", "2026-12-18", "2026-12-17")],
    17: [
        ("TICK_CHANGED", "critical", "CL", "min_tick", "0.01", "0.005"),
        *_missing("ES2709"),
        *_new("ES2709"),
    ],
    18: LEFT_OUT,
    19: [
        ("REPLACED", "critical", "ES2709", "replaced_by", "600000004", "600000104"),
        ("TICK_CHANGED", "critical", "UXF7", "min_tick", "0.05", "0.01"),
    ],
    20: [
        ("ZONE_CHANGED", "critical", "DAX", "time_zone", "Europe/Berlin", "Europe/London"),
        *_over(LEFT_OUT),
        ("RETURNED", "notice", "BFF", "closed_at", "2026-11-29T22:30:00+00:00", None),
        *_new("BFFF7"),
        *WRONG_DATE,
    ],
    22: [
        ("MAGNIFIER_CHANGED", "critical", "KC", "price_magnifier", "100", "1"),
        *_new("VX51Z6"),
    ],
    23: _over(WRONG_DATE),
    24: NO_TICKS,
    26: _missing(*CRUDE_SPRING),
    27: _delisted(*CRUDE_SPRING),
    28: [*_new("CLZ7"), *_over(NO_TICKS)],
}
"""What runs saw, by night; products go by the names that they have at the end."""

FORMER_NAMES = {"BUND": ("GBL", 12)}
"""What a product was called until a night."""

OF_DATES: list[tuple[datetime, Said]] = [
    (
        datetime(2026, 11, 23, 22, 30, tzinfo=UTC),  # near already when it was first seen
        ("CUTOFF_NEAR", "notice", "FGBLZ6", "long_cutoff", None, "2026-12-04"),
    ),
    (
        datetime(2026, 12, 3, 5, tzinfo=UTC),
        ("CUTOFF_NEAR", "notice", "CLZ6", "long_cutoff", None, "2026-12-17"),
    ),
    (
        datetime(2026, 12, 15, 5, tzinfo=UTC),
        ("CUTOFF_NEAR", "critical", "CLZ6", "long_cutoff", None, "2026-12-17"),
    ),
    (datetime(2026, 11, 27, 20, 30, tzinfo=UTC), _expired("BFFX6")),
    (
        datetime(2026, 12, 1, 23, tzinfo=UTC),
        ("CUTOFF_NEAR", "critical", "FGBLZ6", "long_cutoff", None, "2026-12-04"),
    ),
    (datetime(2026, 12, 2, 20, 30, tzinfo=UTC), _expired("VX49Z6")),
    (datetime(2026, 12, 8, 13, 30, tzinfo=UTC), _expired("FGBLZ6")),
    (datetime(2026, 12, 9, 20, 30, tzinfo=UTC), _expired("VX50Z6")),
    (datetime(2026, 12, 16, 20, 30, tzinfo=UTC), _expired("VXZ6")),
    (datetime(2026, 12, 17, 6, tzinfo=UTC), _expired("VX51Z6")),
    (datetime(2026, 12, 17, 14, 30, tzinfo=UTC), _expired("ES2612")),
    (datetime(2026, 12, 18, 14, 30, tzinfo=UTC), _expired("FDAX2612")),
    (datetime(2026, 12, 18, 14, 30, tzinfo=UTC), _expired("FDXM2612")),
    (datetime(2026, 12, 21, 19, 30, tzinfo=UTC), _expired("CLZ6")),
]
"""What no run sees. Of VX51Z6 no more than its date was ever said: its day has to end."""
