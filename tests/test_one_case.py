"""A test that tries many values in one case fails with every value that does."""

from __future__ import annotations

import pytest

from one_case import one_case


@one_case(("number", "square"), [(1, 1), (2, 4), pytest.param(3, 9, id="three")])
def test_every_value_is_tried_beside_fixtures(
    request: pytest.FixtureRequest, number: int, square: int
) -> None:
    assert request.node.name == "test_every_value_is_tried_beside_fixtures"
    assert number**2 == square


def test_every_value_that_fails_is_named() -> None:
    @one_case("number", [1, 2, 3, 4])
    def is_odd(number: int) -> None:
        if number == 2:
            pytest.fail("two")
        assert number % 2

    with pytest.raises(BaseExceptionGroup, match="2 of 4") as caught:
        is_odd()

    notes = [failure.__notes__ for failure in caught.value.exceptions]
    assert notes == [["with {'number': 2}"], ["with {'number': 4}"]]


def test_no_values_are_a_mistake() -> None:
    with pytest.raises(AssertionError):
        one_case("number", [])
