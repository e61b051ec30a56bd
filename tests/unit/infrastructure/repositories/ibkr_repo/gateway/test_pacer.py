"""The pacer on a clock of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.pacer import Pacer
from one_case import one_case


class Clock:
    """Moves only when somebody waits, or is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def pacer_on(clock: Clock, messages_per_second: float) -> Pacer:
    return Pacer(messages_per_second, clock=clock, wait=clock.wait)


def times_of(clock: Clock, pacer: Pacer, count: int) -> list[float]:
    times = []
    for _ in range(count):
        pacer.await_turn()
        times.append(clock.now)
    return times


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for time in times if start <= time < start + 1 - 1e-9) for start in times)


def test_the_first_message_leaves_at_once() -> None:
    clock = Clock()
    assert times_of(clock, pacer_on(clock, 40), 1) == [1000.0]


@one_case("rate", [1, 10, 40, 45, 49])
def test_messages_leave_evenly_and_never_more_than_the_rate_in_any_second(rate: int) -> None:
    clock = Clock()
    times = times_of(clock, pacer_on(clock, rate), 1000)
    assert [after - before for before, after in pairwise(times)] == pytest.approx([1 / rate] * 999)
    assert most_in_a_second(times) == rate


def test_time_that_passes_unused_is_not_saved_up_for_a_burst() -> None:
    clock = Clock()
    pacer = pacer_on(clock, 40)
    times_of(clock, pacer, 1)
    clock.wait(60)
    times = times_of(clock, pacer, 3)
    assert times == pytest.approx([1060, 1060.025, 1060.05])


def test_a_complaint_brings_a_second_of_silence_and_half_the_rate_for_good() -> None:
    clock = Clock()
    pacer = pacer_on(clock, 40)
    last = times_of(clock, pacer, 10)[-1]
    pacer.back_off()
    times = times_of(clock, pacer, 100)
    assert times[0] == pytest.approx(last + 1)
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == pytest.approx([0.05] * 99)


def test_complaints_about_one_burst_count_once() -> None:
    clock = Clock()
    pacer = pacer_on(clock, 40)
    for _ in range(3):
        pacer.back_off()
        clock.wait(0.1)
    first, second = times_of(clock, pacer, 2)
    assert first == pytest.approx(1000.2 + 1)
    assert second - first == pytest.approx(0.05)


def test_each_further_complaint_halves_the_rate_down_to_a_message_every_two_seconds() -> None:
    clock = Clock()
    pacer = pacer_on(clock, 40)
    gaps = []
    for _ in range(10):
        pacer.back_off()
        first, second = times_of(clock, pacer, 2)
        gaps.append(second - first)
    assert gaps == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2, 2, 2])


def test_a_rate_that_is_slower_already_is_not_raised_by_a_complaint() -> None:
    clock = Clock()
    pacer = pacer_on(clock, 0.1)
    pacer.back_off()
    first, second = times_of(clock, pacer, 2)
    assert second - first == pytest.approx(10)


@given(
    st.integers(1, 49),
    st.lists(st.one_of(st.just("message"), st.just("complaint"), st.floats(0, 3)), max_size=60),
)
def test_no_course_of_events_lets_more_than_the_rate_out_in_a_second(
    rate: int, course: list[str | float]
) -> None:
    clock = Clock()
    pacer = pacer_on(clock, rate)
    times = []
    for event in course:
        if event == "message":
            pacer.await_turn()
            times.append(clock.now)
        elif event == "complaint":
            pacer.back_off()
        else:
            clock.wait(float(event))
    if times:
        assert most_in_a_second(times) <= rate
