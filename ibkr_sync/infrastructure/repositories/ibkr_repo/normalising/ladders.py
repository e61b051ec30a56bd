"""From a received tick ladder to an entity."""

from __future__ import annotations

from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.field_readers import StrictReader


def translate_ladder(ladder: LadderEvent) -> MarketRule:
    """Turn a tick ladder into an entity; raises InvalidReplyError."""
    read = StrictReader(f"market rule {ladder.market_rule_id}")
    increments = tuple(
        PriceIncrement(
            low_edge=read.needed("lowEdge", low_edge),
            increment=read.needed("increment", increment, positive=True),
        )
        for low_edge, increment in ladder.increments
    )
    rule = MarketRule(market_rule_id=ladder.market_rule_id, increments=increments)
    if not rule.is_ladder:
        edges = [other.low_edge for other in increments]
        raise read.complaint("lowEdge", edges, "not a ladder")
    return rule
