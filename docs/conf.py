"""How Sphinx makes a site of the pages: README is the first, and no page is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

_ROOT = Path(__file__).parents[1]
_VERSION = re.compile(r'__version__ = "(.*)"')

project = "ibkr-sync"
release = _VERSION.findall((_ROOT / "ibkr_sync/version.py").read_text(encoding="utf-8"))[0]
root_doc = "README"
include_patterns = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/*.md",
    "docs/decisions/*.md",
]
extensions = ["myst_parser"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # an example that leaves out something with …
html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False

_CHAPTERS = {
    "Using it": ("first-night", "nightly-refresh", "report", "notifications", "commands"),
    "The data elsewhere": ("library", "exports", "sql", "postgresql", "moving"),
    "What is believed": ("evidence", "delivery-rules", "delivery-files", "glossary"),
    "How it is made": ("architecture", "decisions/README", "performance", "replay-format"),
}
"""In the order in which a newcomer reads; what they do not name comes after them."""


def setup(app: Sphinx) -> None:
    """Have the contents added to the first page, and a page that leads to it."""
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _add_front_page)


def _add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] += "".join(_contents())
    elif page == "docs/decisions/README":
        source[0] += _toctree("Decisions", ["/docs/decisions/*"])


def _contents() -> Iterator[str]:
    pages = {path.stem for path in (_ROOT / "docs").glob("*.md")} | {"decisions/README"}
    named = [page for chapter in _CHAPTERS.values() for page in chapter]
    further = sorted(pages.difference(named))
    for chapter, names in _CHAPTERS.items():
        known = [f"/docs/{page}" for page in names if page in pages]
        if chapter == "How it is made":
            known += [*(f"/docs/{page}" for page in further), "/CONTRIBUTING", "/CHANGELOG"]
        yield _toctree(chapter, known)


def _toctree(caption: str, pages: list[str]) -> str:
    lines = "\n".join(pages)
    return f"\n\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n\n{lines}\n```\n"


def _add_front_page(app: Sphinx, failure: Exception | None) -> None:
    if failure is None:
        front = f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
        (Path(app.outdir) / "index.html").write_text(front, encoding="utf-8")
