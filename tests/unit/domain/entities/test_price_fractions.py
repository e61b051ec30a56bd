"""Treasury futures are quoted in 32nds and parts of them, and nothing else is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.price_fractions import ticks_in_32nds
from one_case import one_case


@one_case(
    ("product", "tick", "parts"),
    [
        (("ZB", "CBOT", "ZB"), "0.03125", Fraction(1)),
        (("UB", "CBOT", "UB"), "0.03125", Fraction(1)),
        (("ZN", "CBOT", "ZN"), "0.015625", Fraction(1, 2)),
        (("TN", "CBOT", "TN"), "0.015625", Fraction(1, 2)),
        (("ZF", "CBOT", "ZF"), "0.0078125", Fraction(1, 4)),
        (("ZT", "CBOT", "ZT"), "0.00390625", Fraction(1, 8)),
        (("ZN", "CBOT", "ZN"), "0.01", None),
        (("ZN", "CBOT", "ZN"), None, None),
        (("ZC", "CBOT", "ZC"), "0.25", None),
        (("ZN", "EUREX", "ZN"), "0.015625", None),
    ],
)
def test_a_step_is_reported_in_32nds_where_prices_are(
    product: tuple[str, str, str], tick: str | None, parts: Fraction | None
) -> None:
    value = None if tick is None else Decimal(tick)
    assert ticks_in_32nds(ProductKey(*product), value) == parts
