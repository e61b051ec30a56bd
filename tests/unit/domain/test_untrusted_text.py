"""Text from outside: what would do harm is gone, everything else is as it was."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.untrusted_text import MAX_LENGTH, clean_text, harmless_text
from one_case import one_case

HARMFUL = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *("\u2028", "\u2029", "\ufeff", "\ud800", "\udbff", "\udc00", "\udfff"),
]


@one_case("character", HARMFUL)
def test_a_harmful_character_is_dropped_wherever_it_stands(character: str) -> None:
    assert clean_text(f"{character}E{character}S{character}") == "ES"


@one_case(
    ("sent", "kept"),
    [
        ("E-mini S&P 500", "E-mini S&P 500"),
        ("Société Générale, 恒生 🚀", "Société Générale, 恒生 🚀"),
        ("  ES  ", "ES"),
        ("\x1b[2J\x1b]0;title\x07ES", "[2J]0;titleES"),
        ("=cmd|'/C calc'!A0", "=cmd|'/C calc'!A0"),
        ("[bold]ES[/bold]", "[bold]ES[/bold]"),
        ("'; DROP TABLE contracts; --", "'; DROP TABLE contracts; --"),
        ("abc\u202efdp.exe", "abcfdp.exe"),
    ],
)
def test_what_only_looks_odd_is_kept(sent: str, kept: str) -> None:
    assert clean_text(sent) == kept


@one_case("text", ["", " ", "\t\n", "\u202e\x00", "\ud800"])
def test_nothing_is_missing_not_empty(text: str) -> None:
    assert clean_text(text) is None


def test_a_text_is_cut_at_its_longest_length() -> None:
    assert clean_text("x" * 1_000_000) == "x" * MAX_LENGTH
    assert clean_text("x" * 20, max_length=5) == "xxxxx"
    assert clean_text(" " * 1000 + "x" * 5) == "xxxxx"


@given(st.text(st.characters() | st.sampled_from(HARMFUL)))
def test_what_is_kept_can_be_stored_shown_and_cleaned_again(text: str) -> None:
    kept = clean_text(text)
    if kept is None:
        return
    assert 0 < len(kept) <= MAX_LENGTH
    kept.encode("utf-8")
    assert {unicodedata.category(other) for other in kept}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {unicodedata.bidirectional(other) for other in kept}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
    assert clean_text(kept) == kept


SHOWN_AS_THEY_ARE = "\t\n"


@one_case("character", HARMFUL)
def test_a_harmful_character_is_escaped_where_it_leaves(character: str) -> None:
    escaped = f"\\u{ord(character):04x}"
    expected = character if character in SHOWN_AS_THEY_ARE else escaped
    assert harmless_text(f"E{character}S") == f"E{expected}S"


@given(st.text())
def test_what_was_cleaned_leaves_as_it_is_stored(text: str) -> None:
    cleaned = clean_text(text) or ""
    assert harmless_text(cleaned) == cleaned


@given(st.recursive(st.text(), st.lists))
def test_json_says_the_same_with_its_harmful_characters_escaped(value: object) -> None:
    written = harmless_text(json.dumps(value, ensure_ascii=False))
    assert json.loads(written) == value
    assert not any(item in written for item in HARMFUL)
