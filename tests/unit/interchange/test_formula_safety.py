"""Text cells that a spreadsheet would compute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.interchange.formula_safety import neutralise_formula, restore_formula
from one_case import one_case
from strategies import hostile_texts


@one_case(
    "text",
    [
        "=cmd|'/C calc'!A0",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\x00=1",
        "\uff1d1",
        "-",
    ],
)
def test_text_that_starts_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutralise_formula(text) == f"'{text}"


@one_case("number", ["-0.25", "-1", "50", "0.25", "-9999"])
def test_numbers_stay_numbers(number: str) -> None:
    assert neutralise_formula(number) == number


@one_case("text", ["", "ESZ6", "E-mini", "'quoted'", " =1", "a=b"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutralise_formula(text) == restore_formula(text) == text


@given(st.one_of(hostile_texts, st.text("'=-1.", max_size=6)))
def test_every_text_is_restored_and_none_starts_a_formula(text: str) -> None:
    cell = neutralise_formula(text)
    assert restore_formula(cell) == text
    assert cell[:1] not in {"=", "+", "@", "\t", "\r", "\x00"}
    assert not cell.startswith("-") or float(cell) <= 0
