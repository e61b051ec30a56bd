"""What happens in each of thirty nights: at the exchanges, at IBKR, on the way, and to us."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from gateway.faults import (
    ErrorReply,
    Fault,
    HangUpAfterRows,
    KeptRows,
    Notice,
    ReplacedField,
    TruncatedRow,
)
from integration.month.market import Market, new_contract

NIGHTS = 30

COFFEE_DECEMBER, BUND_JUNE, E_MINI_NEW, CRUDE_NEW = 804, 702, 600000099, 999
CRUDE_SPRING = (904, 905, 906, 907)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night.

    Attributes:
        market: what changes at the exchanges, before the refresh.
        faults: what the gateway does wrong.
        has_gateway: whether anything listens.
        is_run: whether our machine is on.
        allow_shrink: whether the user says that the losses are real.
        failing: the name of the error for each symbol that can't be brought up to date.
        ended_by: the name of the error that ends the run.
    """

    market: Callable[[Market], None] = lambda _: None
    faults: Sequence[Fault] = ()
    has_gateway: bool = True
    is_run: bool = True
    allow_shrink: bool = False
    failing: dict[str, str] = dataclasses.field(default_factory=dict)
    ended_by: str | None = None


def _list(name: str, day: date, con_id: int) -> Callable[[Market], None]:
    def change(market: Market) -> None:
        market.list_contract(name, new_contract(market.products[name], day, con_id))

    return change


def _hide(*con_ids: int) -> Callable[[Market], None]:
    return lambda market: market.hidden.update(con_ids)


def _show(*con_ids: int) -> Callable[[Market], None]:
    return lambda market: market.hidden.difference_update(con_ids)


def _change(name: str, **fields: object) -> Callable[[Market], None]:
    return lambda market: market.change(name, **fields)


CALENDAR: dict[int, Night] = {
    2: Night(has_gateway=False, ended_by="GatewayUnreachableError"),
    3: Night(market=_list("E-mini", date(2027, 12, 17), E_MINI_NEW)),
    4: Night(
        faults=[ErrorReply(code=200)],
        failing=dict.fromkeys(("ES", "DAX", "GBL", "KC", "CL"), "DefinitionsUnavailableError"),
    ),
    5: Night(faults=[KeptRows(symbol="CL", count=6)], failing={"CL": "ShrinkRefusedError"}),
    6: Night(market=_hide(COFFEE_DECEMBER)),
    8: Night(market=_hide(BUND_JUNE)),
    9: Night(market=_show(BUND_JUNE)),
    10: Night(market=_change("DAX", multiplier=Decimal(20))),
    11: Night(market=_show(COFFEE_DECEMBER)),
    12: Night(market=_change("Bund", symbol="BUND", trading_class="FBND")),
    13: Night(faults=[HangUpAfterRows(symbol="CL", rows=5, first=1)]),
    14: Night(
        faults=[
            Notice(symbol="KC", code=1100, before_row=2, first=1),
            Notice(symbol="KC", code=1102, before_row=3, first=1),
        ]
    ),
    15: Night(market=lambda market: market.move_to_exchange("Coffee", "ICEUS")),
    16: Night(market=lambda market: market.move_expiry("E-mini", 0, date(2026, 12, 17))),
    17: Night(market=_change("Crude", min_tick=Decimal("0.005"))),
    18: Night(
        faults=[ReplacedField(symbol="ES", field="con_id", value="0")],
        failing={"ES": "InvalidReplyError"},
    ),
    19: Night(
        faults=[TruncatedRow(symbol="CL", row=3, fields=9)], failing={"CL": "InvalidReplyError"}
    ),
    20: Night(market=_change("Mini-DAX", time_zone="Europe/London")),
    21: Night(is_run=False),
    22: Night(market=_change("Coffee", price_magnifier=1)),
    25: Night(market=_hide(*CRUDE_SPRING), failing={"CL": "ShrinkRefusedError"}),
    26: Night(allow_shrink=True),
    28: Night(market=_list("Crude", date(2027, 12, 21), CRUDE_NEW)),
}
"""The nights on which something happens; on all others a refresh finds nothing new."""
