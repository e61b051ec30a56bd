from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.config.safe_text import safe_text, safe_value_text
from one_case import one_case


@given(st.text())
def test_shown_text_is_printable_whatever_it_holds(text: str) -> None:
    assert safe_text(text).isprintable()
    assert safe_value_text(text).isprintable()


@one_case(
    ("value", "words"),
    [
        (True, "true"),
        (70000, "70000"),
        pytest.param(10**5000, "a huge number", id="huge"),
        (1.5, "1.5"),
        (float("inf"), "a huge number"),
        ("a\x1b[2J", '"a\\x1b[2J"'),
        ("x" * 500, "a text of 500 characters"),
        ([1], "a list"),
        ({"a": 1}, "a table"),
        (None, "a date or time"),
    ],
)
def test_values_are_said_in_words_of_the_config_file(value: object, words: str) -> None:
    assert safe_value_text(value) == words
