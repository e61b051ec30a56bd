"""A remark that comes and goes from night to night is news once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from example_products import ES, NOW
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.history.recorded_history import RecordedChange
from ibkr_sync.domain.history.remark_changes import (
    RECURRENCE,
    new_remark_changes,
    single_remark_changes,
)

TICK = Remark(kind=RemarkKind.NO_LONGER_STATED, field="min_tick")
ZERO = Remark(kind=RemarkKind.ODD_ROW, field="min_tick", value="'0'", reason="must be positive")
OTHER = replace(ZERO, value="'-1'")
WORD = replace(ZERO, value="'x'", reason="not a number")


def changes_of(
    nights: Sequence[tuple[Remark, ...]], con_id: int | None = 1, first: int = 0
) -> Iterator[RecordedChange]:
    """What history keeps of the remarks that stood on a contract night by night."""
    for day, (before, after) in enumerate(zip(((), *nights), nights, strict=False), first):
        if before != after:
            yield RecordedChange(
                product=ES.key,
                con_id=con_id,
                field="remarks",
                old=canonical_text(before),
                new=canonical_text(after),
                at=NOW + timedelta(days=day),
                run=day + 1,
            )


def message(
    changes: Sequence[RecordedChange], earlier: Sequence[RecordedChange] = ()
) -> list[tuple[int, bool]]:
    """In which night something is news, and whether it began then."""
    found = new_remark_changes(changes, earlier)
    return [((change.at - NOW).days, change.new is not None) for change in found]


def test_a_field_that_is_left_out_every_other_night_is_reported_once() -> None:
    nights = [(TICK,), ()] * 50
    for con_id in (1, None):
        changes = [*changes_of(nights, con_id)]
        assert message(changes) == [(0, True), (1, False)]
        assert len([*single_remark_changes(changes)]) == len(nights)


def test_what_had_been_right_for_longer_than_thirty_days_is_news_again() -> None:
    assert timedelta(days=30) == RECURRENCE
    for right, again in ((30, [(40, False)]), (31, [(32, True), (41, False)])):
        nights = [(TICK,), *[()] * right, *[(TICK,)] * 9, ()]
        assert message([*changes_of(nights)]) == [(0, True), (1, False), *again]


def test_what_stood_long_is_news_when_it_ends() -> None:
    assert message([*changes_of([*[(TICK,)] * 99, ()])]) == [(0, True), (99, False)]


def test_what_came_before_goes_by_runs_and_not_by_a_clock_that_was_ahead() -> None:
    began, ended, again = changes_of([(ZERO,), (), (ZERO,)])
    ahead = replace(began, at=NOW + timedelta(days=9))
    assert message([ahead, ended]) == [(9, True), (1, False)]
    for day, days in ((2, [9, 1]), (-2, [9, 1]), (-40, [9, 1, -40])):
        later = replace(again, at=NOW + timedelta(days=day))
        assert [found for found, _ in message([ahead, ended, later])] == days


def test_another_value_is_the_same_remark_and_another_reason_is_not() -> None:
    nights = [(ZERO,), (), (OTHER,), (), (WORD,), (), (ZERO,)]
    assert message([*changes_of(nights)]) == [(0, True), (1, False), (4, True), (5, False)]


def test_other_contracts_and_the_product_are_reported_for_by_themselves() -> None:
    changes = [
        *changes_of([(TICK,), (), (TICK,)]),
        *changes_of([(TICK,)], con_id=2, first=4),
        *changes_of([(TICK,)], con_id=None, first=5),
    ]
    assert message(changes) == [(0, True), (1, False), (4, True), (5, True)]


def test_what_was_only_read_otherwise_begins_and_ends_nothing() -> None:
    began, ended, again = changes_of([(ZERO,), (), (ZERO,)])
    corrected = replace(ended, is_correction=True)
    assert message([began, corrected, again]) == [(0, True), (1, False), (2, True)]
    anew = replace(again, is_correction=True)
    assert message([began, ended, anew]) == [(0, True), (1, False), (2, True)]


@given(
    st.lists(st.sampled_from([(), (TICK,), (ZERO,), (OTHER, TICK)]), max_size=90),
    st.integers(0, 90),
)
def test_it_is_the_same_news_wherever_a_period_begins(
    nights: list[tuple[Remark, ...]], day: int
) -> None:
    changes = [*changes_of(nights)]
    since = NOW + timedelta(days=day)
    later = [change for change in changes if change.at >= since]
    earlier = [change for change in changes if since - RECURRENCE <= change.at < since]
    assert message(later, earlier) == [pair for pair in message(changes) if pair[0] >= day]
