"""What is not known of a product, and what stands for it in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import AssetClass
from ibkr_sync.interchange.exports.nautilus.instrument_ids import venue_of


def stand_ins(item: ExportedProduct, contracts: Sequence[FuturesContract]) -> Iterator[str]:
    """A clause for whatever of these contracts is not as if all were known, or could be said."""
    if not contracts:
        return
    without_time = [other for other in contracts if other.last_trade_at is None]
    if any(other.time_zone is not None for other in without_time):
        yield "the time of a last trade is not known, the end of its date stands for it"
    if any(other.time_zone is None for other in without_time):
        yield "a time zone is not known, the last trade date ends where it ends last"
    if item.facts.mic is None:
        yield "the market identifier code of the exchange is not known"
    if item.product.asset_class is AssetClass.UNCLASSIFIED:
        yield "the asset class is not known, ALTERNATIVE stands for it"
    if any(_has_steps(item, contract) for contract in contracts):
        yield "the tick depends on the price, the minimum tick stands for all"
    exchange = item.product.exchange
    if (venue := venue_of(exchange)) != exchange:
        yield f"NautilusTrader reads the venue {exchange} as {venue}"


def _has_steps(item: ExportedProduct, contract: FuturesContract) -> bool:
    """Whether the ladder of the listing exchange has more steps than one."""
    rules = {
        venue.market_rule_id for venue in contract.venues if venue.exchange == contract.exchange
    }
    ladders = (ladder for rule, ladder in item.ladders.items() if rule in rules)
    return any(len({step.increment for step in ladder.increments}) > 1 for ladder in ladders)
