"""The glossary has the words that are used, and all that users are shown as types."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.history.events import EventType
from ibkr_sync.domain.history.severity import Severity
from one_case import one_case

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"


def _terms(heading: str) -> list[str]:
    section = re.search(
        rf"^## {heading}\n(.*?)(?=^## |\Z)", GLOSSARY.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return re.findall(r"^- \*\*(.+?)\*\*: ", section[1], re.MULTILINE) if section else []


@one_case(
    ("heading", "members"),
    [("States of a contract", ContractState), ("Severities", Severity), ("Events", EventType)],
)
def test_each_type_that_is_shown_has_one_entry(heading: str, members: type[StrEnum]) -> None:
    assert sorted(_terms(heading)) == sorted(member.value for member in members)


def test_the_terms_are_in_alphabetical_order() -> None:
    terms = _terms("Terms")
    assert terms == sorted(set(terms), key=str.casefold)


def test_each_term_is_used_in_the_code_or_the_pages() -> None:
    code = [path for top in ("ibkr_sync", "cli") for path in (ROOT / top).rglob("*.py")]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = " ".join(path.read_text("utf-8") for path in (*code, *pages) if path != GLOSSARY)
    words = " ".join(re.findall(r"[a-z0-9-]+", text.casefold()))
    assert not [term for term in _terms("Terms") if not re.search(rf"\b{term.casefold()}", words)]
