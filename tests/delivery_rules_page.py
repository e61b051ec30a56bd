"""Write docs/delivery-rules.md from the rules that ship with the package.

python tests/delivery_rules_page.py
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.delivery_rules import DateRule, DeliveryRule

PAGE = Path(__file__).parents[1] / "docs" / "delivery-rules.md"

_DATES = (
    "last_trade_date",
    "first_position_date",
    "first_notice_date",
    "first_delivery_date",
    "last_delivery_date",
)
_INTRODUCTION = """\
# When futures are delivered

Until when a contract may be held follows from these rules, unless a file was imported that says
more. The page is generated from `ibkr_sync/catalogue/tables/delivery_rules.csv` by `make docs`.

A formula counts in business days (bd) of the family's calendar or in calendar days; m is the
contract month, m-1 the month before. The letter behind each is its confidence: **A** reproduces the
dates that the exchange published, **B** is stated by the exchange's or the broker's pages, **C** is
general knowledge, which passes a contract over and never vouches for one. An empty cell is not
known; *none* is known not to be: no notice is given before trading ends.

Cut-offs follow IBKR's standard policy. *standard*: longs at the end of the second business day
before the earlier of first notice and last trade, shorts of the second before the last trade;
*day_before*: longs by the first instead of the second; *position*: longs by the second before
first position. Where no notice is known, the cut-off of longs is counted from the last trade and of
confidence C. Another one than the policy's is known by import alone.
"""


def page() -> str:
    """The page as it should stand in the docs."""
    return "\n".join((_INTRODUCTION, *_families(), "", *_products())) + "\n"


def _families() -> Iterator[str]:
    heading = (
        *("Family", "Settlement", "Last trade", "First position", "First notice"),
        *("First delivery", "Last delivery", "Close-out", "Calendar", "Source", "Checked"),
    )
    yield "## Rules\n"
    yield from _table(heading, map(_family, load_delivery_rules().rules))


def _family(rule: DeliveryRule) -> tuple[str, ...]:
    return (
        rule.family,
        f"{rule.settlement} {rule.settlement_confidence}",
        *(_cell(rule.dates.get(name)) for name in _DATES),
        rule.close_out or "",
        rule.calendar or "",
        rule.source,
        rule.checked_on.isoformat(),
    )


def _cell(rule: DateRule | None) -> str:
    if rule is None:
        return ""
    words = "none" if rule.formula is None else rule.formula.text
    return f"{words} {rule.confidence}"


def _products() -> Iterator[str]:
    """Which products of the catalogue are of which family; those of none are left out."""
    by_family: dict[str, list[str]] = defaultdict(list)
    book = load_delivery_rules()
    for product in load_catalogue().products:
        trading_class = product.trading_class or product.symbol
        rule = book.rule_of(product.exchange, trading_class, product.category)
        if rule is not None and product.active:
            name = f"{product.symbol}@{product.exchange}"
            suffix = "" if trading_class == product.symbol else f" ({trading_class})"
            by_family[rule.family].append(f"{name}{suffix}")
    yield "## Products\n"
    rows = ((rule.family, ", ".join(by_family.get(rule.family, ()))) for rule in book.rules)
    yield from _table(("Family", "Products of the catalogue"), rows)


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield f"|{'---|' * len(heading)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
