"""Samples of what can be tried: both ends and some between, others with each seed."""

from __future__ import annotations

import pytest

import thoroughness
from thoroughness import how_many, some_of

PLACES = range(10, 60)


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `make faults`, whatever runs these tests."""
    monkeypatch.setattr(thoroughness, "EVERYTHING", False)


@pytest.fixture
def samples(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[list[int]]]:
    """With many seeds, samples of each size."""
    taken: dict[int, list[list[int]]] = {1: [], 2: [], 5: []}
    for seed in range(300):
        monkeypatch.setattr(thoroughness, "SEED", seed)
        for count, of_this_size in taken.items():
            of_this_size.append(list(some_of(PLACES, count)))
    return taken


@pytest.mark.parametrize("count", [2, 5])
def test_a_sample_has_both_ends_and_is_in_order(
    samples: dict[int, list[list[int]]], count: int
) -> None:
    for sample in samples[count]:
        assert (len(sample), sample[0], sample[-1]) == (count, PLACES[0], PLACES[-1])
        assert sample == sorted(set(sample))


@pytest.mark.parametrize("count", [1, 5])
def test_any_place_is_tried_with_one_seed_or_another(
    samples: dict[int, list[list[int]]], count: int
) -> None:
    assert {place for sample in samples[count] for place in sample} == set(PLACES)
    assert {len(sample) for sample in samples[count]} == {count}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_same_seed_takes_the_same_places(count: int) -> None:
    assert some_of(PLACES, count) == some_of(PLACES, count)


@pytest.mark.parametrize("count", [1, 2, 50, 51])
def test_all_is_all(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(thoroughness, "EVERYTHING", True)
    assert list(some_of(PLACES, count)) == list(PLACES)
    assert how_many(count, 60) == 60


@pytest.mark.parametrize("few", [[], [7], [7, 8]])
def test_where_there_are_few_all_are_tried(few: list[int]) -> None:
    assert list(some_of(few, 2)) == few


@pytest.mark.parametrize("count", [0, -1])
def test_a_sample_that_would_try_nothing_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="nothing"):
        some_of(PLACES, count)
