"""Sample data for the replay gateway: real products and rules, computed contracts.

The chains are what the exchanges' listing and expiry rules give for a day, with conIds that
IBKR never issued, so that nothing here can be mistaken for a reply of IBKR's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ibkr_sync.domain.ports.business_calendar import BusinessCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import MarketRuleRow
from ibkr_sync.infrastructure.replay.sample.contracts import sample_contract_rows
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct, sample_products


def sample_recording(today: date, calendar: BusinessCalendar) -> Recording:
    """What TWS would answer on `today`: contracts that trade and those of the last two years.

    The same day always gives the same rows, and a contract keeps its conId on every day. Texts
    are in the form of the setting "instrument timezone". For days from 2018 on.
    """
    return recording_of(sample_products(), today, calendar)


def recording_of(
    products: Collection[SampleProduct], today: date, calendar: BusinessCalendar
) -> Recording:
    """What TWS would answer about these products on `today` (see `sample_recording`)."""
    of_all = (*sample_products(), *products)
    ladders = {product.market_rule: product.increments for product in of_all}
    return Recording(
        contracts=tuple(
            row for product in products for row in sample_contract_rows(product, calendar, today)
        ),
        market_rules=tuple(
            MarketRuleRow(market_rule_id=rule, increments=ladders[rule])
            for rule in sorted(ladders, key=int)
        ),
        sample=True,
    )
