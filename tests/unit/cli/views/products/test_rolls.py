"""The table of rolls has dates; what the rule is stands once below it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

from rich.console import Console

from example_products import DECEMBER, ES
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.rolls import parse_roll_rule, rolls_of
from ibkr_sync.domain.entities.delivery import (
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync_cli.views.products.rolls import rolls_view
from one_case import one_case

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BY = DeliverySource(source="rule", confidence=Confidence.B, learnt_on=NOW.date())


def drawn(rule: str, known: DeliveryDates) -> list[str]:
    chain = tuple(
        dataclasses.replace(
            DECEMBER,
            con_id=con_id,
            local_symbol=f"ES{con_id}",
            last_trade_date=end,
            last_trade_at=None,
            delivery=known,
        )
        for con_id, end in ((1, date(2026, 12, 18)), (2, date(2027, 3, 19)))
    )
    product = dataclasses.replace(ES, contracts=chain)
    parsed = parse_roll_rule(rule)
    rolls = list(rolls_of(product, parsed, BusinessDays(HolidayCalendar(), "us"), NOW))
    console = Console(width=80)
    with console.capture() as capture:
        console.print(rolls_view(product, rolls, parsed, rule).table())
    return [" ".join(line.split()) for line in capture.get().splitlines()]


CASH = DeliveryDates(settlement=Settlement.CASH, sources={"settlement": BY})
PHYSICAL = DeliveryDates(
    settlement=Settlement.PHYSICAL,
    long_cutoff=date(2026, 12, 10),
    sources={"settlement": BY, "long_cutoff": BY},
)


@one_case(
    ("rule", "known", "heading", "row", "footer"),
    [
        (
            "cutoff-1bd",
            PHYSICAL,
            "Date From To Cut-off Conf Basis",
            "Wed 09 Dec 2026 ES1 ES2 10 Dec 2026 B listed",
            ["ES@CME (ES) · 1 business day before IBKR's cut-off"],
        ),
        (
            "cutoff-1bd",
            CASH,
            "Date From To Last trade Basis",
            "Thu 17 Dec 2026 ES1 ES2 18 Dec 2026 listed",
            [
                "ES@CME (ES) · 1 business day before IBKR's cut-off",
                "ES has no cut-off, so the last trade counts",
            ],
        ),
        (
            "day-15",
            PHYSICAL,
            "Date From To Kept past Basis",
            "Tue 15 Dec 2026 ES1 ES2 cut-off 10 Dec listed",
            ["ES@CME (ES) · last business day on or before day 15 of the month"],
        ),
    ],
)
def test_dates_are_columns_and_the_rule_is_said_once(
    rule: str, known: DeliveryDates, heading: str, row: str, footer: list[str]
) -> None:
    first, _, only, *below = drawn(rule, known)
    assert (first, only, below) == (heading, row, footer)
