"""What changed of a delivery is undone by its own texts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.delivery.delivery_changes import delivery_before, delivery_changes
from ibkr_sync.domain.entities.delivery import (
    DELIVERY_DATES,
    DELIVERY_FACTS,
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.evidence.chain_diff import FieldChange
from one_case import one_case
from strategies import dates, texts

sources = st.builds(
    DeliverySource, source=texts, confidence=st.sampled_from(Confidence), learnt_on=dates
)


@st.composite
def deliveries(draw: st.DrawFn) -> DeliveryDates:
    values: dict[str, Any] = {}
    said = {}
    for name in DELIVERY_FACTS:
        if draw(st.booleans()):
            said[name] = draw(sources)
            choices = dates if name in DELIVERY_DATES else st.sampled_from(Settlement)
            values[name] = draw(st.none() | choices)
    return DeliveryDates(**values, sources=said)


@given(deliveries(), deliveries())
def test_changes_lead_back_to_what_was_known_before(
    before: DeliveryDates, after: DeliveryDates
) -> None:
    changes = list(delivery_changes(1, before, after))
    back = delivery_before(after, changes)
    assert list(delivery_changes(1, before, back)) == []
    assert bool(changes) == bool(list(delivery_changes(1, after, before)))


@given(deliveries())
def test_what_is_learnt_anew_and_is_the_same_has_not_changed(known: DeliveryDates) -> None:
    anew = {
        name: DeliverySource(
            source=other.source, confidence=other.confidence, learnt_on=date(2026, 12, 1)
        )
        for name, other in known.sources.items()
    }
    values: dict[str, Any] = {name: getattr(known, name) for name in DELIVERY_FACTS}
    assert list(delivery_changes(1, known, DeliveryDates(**values, sources=anew))) == []


@one_case("text", ["", "2026-11-30", "soon (A, x, learnt 2026-11-30)"])
def test_text_that_no_fact_has_is_refused(text: str) -> None:
    change = FieldChange(con_id=1, field="first_notice_date", old=text, new=None)
    with pytest.raises(ValueError, match=r"not a fact|Invalid isoformat"):
        delivery_before(DeliveryDates(), [change])
