"""Tick ladders in a file: each contract has those of its venues, so that one stands many times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError
from ibkr_sync.interchange.field_values import integer_value, number_value, positive_number_value
from ibkr_sync.interchange.product_document import MARKET_RULES


def read_ladders(fields: DocumentFields) -> Iterator[MarketRule]:
    """Give the ladders that a contract has; raises InvalidDocumentError."""
    if fields.optional(MARKET_RULES, bool) is None:
        return
    for item in fields.children(MARKET_RULES, keys=("market_rule_id", "increments")):
        rule_id = item.required("market_rule_id", integer_value)
        if item.optional("increments", bool) is None:
            continue
        steps = item.children("increments", keys=("low_edge", "increment"))
        rule = MarketRule(market_rule_id=rule_id, increments=tuple(map(_step, steps)))
        if not rule.is_ladder:
            raise InvalidDocumentError(item.path_of("increments"), "is no ladder of rising edges")
        yield rule


def undisputed_ladders(rules: Iterable[MarketRule]) -> Mapping[int, MarketRule]:
    """Those that are the same wherever the file has them, by id: of two, none is known right."""
    by_id = defaultdict[int, set[MarketRule]](set)
    for rule in rules:
        by_id[rule.market_rule_id].add(rule)
    return {rule_id: found.pop() for rule_id, found in by_id.items() if len(found) == 1}


def _step(fields: DocumentFields) -> PriceIncrement:
    return PriceIncrement(
        low_edge=fields.required("low_edge", number_value),
        increment=fields.required("increment", positive_number_value),
    )
