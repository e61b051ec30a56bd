"""What docs/library.md shows runs, and prints what it shows; so do the examples of docstrings."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
import sys
from pathlib import Path

import pytest

import ibkr_sync
from sample_week import MONDAY, gateway_of, sample_nights

PAGE = Path(__file__).parents[3] / "docs" / "library.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ANY_LINES = "…\n"


def _recipes() -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def test_every_recipe_prints_what_the_page_says(
    week: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = _recipes()
    assert len(recipes) > 10
    del week
    wrong: list[str] = []
    with gateway_of(sample_nights().nights[-1], lambda: MONDAY) as port:
        monkeypatch.setenv("IBKR_SYNC_PORT", str(port))
        for code, printed in recipes:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, str(PAGE), "exec"), {"__name__": "recipe"})  # noqa: S102 - ours
            parts = map(re.escape, printed.split(_ANY_LINES))
            if re.fullmatch("(?:.*\n)*?".join(parts), out.getvalue()) is None:
                wrong.append(f"{code}\n{out.getvalue()}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "module", ["opening", "chain_answers", "stored_contracts", "stored_records"]
)
def test_examples_of_docstrings_are_right(
    futures: ibkr_sync.ReferenceData, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = doctest.testmod(
        importlib.import_module(f"ibkr_sync.library.{module}"),
        extraglobs={"futures": futures, "ibkr_sync": sys.modules["ibkr_sync"]},
    )
    assert found.attempted
    assert not found.failed, capsys.readouterr().out
