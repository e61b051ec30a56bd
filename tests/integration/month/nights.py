"""What happens in each of thirty nights: at the exchanges, at IBKR, on the way, and to us."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from gateway.faults import (
    ErrorReply,
    Fault,
    HangUpAfterRows,
    KeptRows,
    Notice,
    ReplacedField,
    TruncatedRow,
)
from integration.month.market import Market
from integration.month.products import new_contract, weekly_contract

NIGHTS = 30
WITHOUT_ANSWERS = 24
"""On this night IBKR answers no question about a contract of uranium."""

E_MINI_MARCH, E_MINI_JUNE, E_MINI_SEPTEMBER = 600000002, 600000003, 600000004
E_MINI_NEW, E_MINI_SUCCESSOR = 600000099, 600000104
DAX_DECEMBER, DAX_MARCH, MINI_DAX = 610000001, 610000002, {620000001, 620000002}
BUND_JUNE, COFFEE_SEPTEMBER, COFFEE_DECEMBER = 702, 803, 804
CRUDE_SPRING, CRUDE_AUTUMN, CRUDE_NEW = (904, 905, 906, 907), 911, 999
WEEK_49, WEEK_50, WEEK_51, WEEK_52 = 1049, 1050, 1051, 1052
URANIUM_JANUARY, URANIUM_OTHER_CLASS, URANIUM_ELSEWHERE = 1100, (1102, 1103), 1104
URANIUM = frozenset(range(1100, 1106))
FRIDAY_NEW, MILK = 1299, (1300, 1301)

Change: TypeAlias = Callable[[Market], None]


class FileKind(Enum):
    """A file about coffee that the user takes for a source: the same one every time."""

    OWN_EXPORT = "own_export"
    NARROWED = "narrowed"
    OTHER_CLASS = "other_class"
    """From a hundred days ago, when another class had the contracts."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night.

    Attributes:
        market: what changes at the exchanges, and in what IBKR writes, before the refresh.
        faults: what the gateway does wrong.
        has_gateway: whether anything listens.
        is_run: whether our machine is on.
        allow_shrink: whether the user says that the losses are real.
        asked_besides: products that the user asks for besides, by the market's names.
        imports: which file the user takes for a source.
        failing: the name of the error for each symbol that can't be brought up to date.
        ended_by: the name of the error that ends the run.
    """

    market: Sequence[Change] = ()
    faults: Sequence[Fault] = ()
    has_gateway: bool = True
    is_run: bool = True
    allow_shrink: bool = False
    asked_besides: Sequence[str] = ()
    imports: FileKind | None = None
    failing: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ended_by: str | None = None


def _list(name: str, day: date, con_id: int) -> Change:
    def change(market: Market) -> None:
        market.list_contract(name, new_contract(market.products[name], day, con_id))

    return change


def _list_weekly(week: int, day: date, con_id: int, magnifier: int | None) -> Change:
    def change(market: Market) -> None:
        product = market.products["Volatility"]
        contract = weekly_contract(product, week, day, con_id, magnifier=magnifier)
        market.list_contract("Volatility", contract)

    return change


def _hide(*con_ids: int) -> Change:
    return lambda market: market.hidden.update(con_ids)


def _show(*con_ids: int) -> Change:
    return lambda market: market.hidden.difference_update(con_ids)


def _change(name: str, *con_ids: int, **fields: object) -> Change:
    if con_ids:
        return lambda market: market.change_contracts(name, set(con_ids), **fields)
    return lambda market: market.change(name, **fields)


def _move(name: str, exchange: str, *con_ids: int) -> Change:
    return lambda market: market.move_to_exchange(name, exchange, set(con_ids) or None)


def _write(*con_ids: int, **fields: str) -> Change:
    return lambda market: market.write(set(con_ids), **fields)


NOT_FOUND = "ProductNotFoundError"
EVERY_SYMBOL = ("ES", "DAX", "GBL", "KC", "CL", "VIX", "UX", "BFF", "DA", "TTF")
LEFT_OUT = {
    "multiplier": "",
    "min_tick": "",
    "price_magnifier": "0",
    "contract_month": "",
    "real_expiration_date": "",
}

CALENDAR: dict[int, Night] = {
    2: Night(has_gateway=False, ended_by="GatewayUnreachableError"),
    3: Night(market=[_list("E-mini", date(2027, 12, 17), E_MINI_NEW)]),
    4: Night(
        faults=[ErrorReply(code=200)],
        failing=dict.fromkeys(EVERY_SYMBOL, "DefinitionsUnavailableError"),
    ),
    5: Night(
        market=[_list_weekly(50, date(2026, 12, 9), WEEK_50, None)],
        faults=[KeptRows(symbol="CL", count=6)],
        failing={"CL": "ShrinkRefusedError", "BFF": NOT_FOUND},
    ),
    6: Night(
        market=[_hide(COFFEE_DECEMBER), _write(CRUDE_AUTUMN, min_tick="0")],
        failing={"BFF": NOT_FOUND},
    ),
    7: Night(
        market=[
            _change("Volatility", WEEK_50, price_magnifier=1),
            _write(E_MINI_JUNE, valid_exchanges="QBALGO,CME", market_rule_ids=",67"),
        ],
        imports=FileKind.OWN_EXPORT,
    ),
    8: Night(
        market=[_hide(BUND_JUNE, *MILK)],
        imports=FileKind.OWN_EXPORT,
        failing={"DA": NOT_FOUND},
    ),
    9: Night(
        market=[_show(BUND_JUNE), _hide(WEEK_49), _write(CRUDE_AUTUMN), _write(E_MINI_JUNE)],
        failing={"DA": NOT_FOUND},
    ),
    10: Night(
        market=[
            _change("DAX", multiplier=Decimal(20)),
            _write(COFFEE_SEPTEMBER, time_zone_id="Mars/Olympus"),
        ],
        imports=FileKind.NARROWED,
    ),
    11: Night(
        market=[
            _show(COFFEE_DECEMBER),
            _write(COFFEE_SEPTEMBER),
            _change("Uranium", *URANIUM_OTHER_CLASS, trading_class="UXA"),
        ],
        imports=FileKind.OTHER_CLASS,
    ),
    12: Night(
        market=[
            _change("Bund", symbol="BUND", trading_class="FBND"),
            _list_weekly(52, date(2026, 12, 23), WEEK_52, 1),
            _move("Uranium", "CBOT", URANIUM_ELSEWHERE),
        ]
    ),
    13: Night(
        market=[
            _write(WEEK_52, price_magnifier="0"),
        ],
        faults=[HangUpAfterRows(symbol="CL", rows=5, first=1)],
    ),
    14: Night(
        faults=[
            Notice(symbol="KC", code=1100, before_row=2, first=1),
            Notice(symbol="KC", code=1102, before_row=3, first=1),
        ],
    ),
    15: Night(
        market=[
            _move("Coffee", "ICEUS"),
            _write(WEEK_52),
        ]
    ),
    16: Night(
        market=[
            lambda market: market.move_expiry("E-mini", 0, date(2026, 12, 17)),
            _hide(WEEK_50),
        ]
    ),
    17: Night(
        market=[
            _change("Crude", min_tick=Decimal("0.005")),
            lambda market: market.replace_contract("E-mini", E_MINI_SEPTEMBER, E_MINI_SUCCESSOR),
        ]
    ),
    18: Night(
        market=[_write(COFFEE_SEPTEMBER, **LEFT_OUT)],
        faults=[ReplacedField(symbol="ES", field="con_id", value="0")],
        failing={"ES": "InvalidReplyError"},
    ),
    19: Night(
        market=[_change("Uranium", URANIUM_JANUARY, min_tick=Decimal("0.01"))],
        faults=[TruncatedRow(symbol="CL", row=3, fields=9)],
        failing={"CL": "InvalidReplyError"},
    ),
    20: Night(
        market=[
            _change("Mini-DAX", time_zone="Europe/London"),
            _write(COFFEE_SEPTEMBER),
            _list("Fridays", date(2027, 1, 8), FRIDAY_NEW),
            _write(E_MINI_MARCH, last_trade_date="20270419"),
        ],
        asked_besides=["Fridays"],
    ),
    21: Night(is_run=False),
    22: Night(
        market=[
            _change("Coffee", price_magnifier=1),
            _list_weekly(51, date(2026, 12, 16), WEEK_51, 1),
        ]
    ),
    23: Night(
        market=[_hide(WEEK_51), _write(E_MINI_MARCH)], faults=[KeptRows(symbol="KC", count=4)]
    ),
    WITHOUT_ANSWERS: Night(
        market=[_write(*MINI_DAX, min_tick="")],
        faults=[
            KeptRows(symbol="UX", count=4),
            ErrorReply(code=200, con_ids=URANIUM),
        ],
    ),
    25: Night(
        market=[_hide(*CRUDE_SPRING, DAX_DECEMBER)],
        failing={"CL": "ShrinkRefusedError"},
    ),
    26: Night(allow_shrink=True),
    28: Night(market=[_list("Crude", date(2027, 12, 21), CRUDE_NEW), _write(*MINI_DAX)]),
}
"""The nights on which something happens; on all others a refresh finds nothing new."""
