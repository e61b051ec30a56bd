"""Write what docs/sql.md says of the columns of views, from the views.

python tests/views_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import views_of
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import View

PAGE = Path(__file__).parents[1] / "docs" / "sql.md"

_GENERATED = "<!-- The rest is written by make docs. -->\n"


def page() -> str:
    """The page as it should stand in the docs, with the queries that it has."""
    written, _, _ = PAGE.read_text("utf-8").partition(_GENERATED)
    return written + _GENERATED + "".join(map("\n".join, map(_section, views_of("sqlite"))))


def _section(view: View) -> Iterator[str]:
    yield f"\n## {view.name}\n\n{view.meaning}\n\n| column | type | meaning |\n|---|---|---|"
    for column in view.columns:
        yield f"| `{column.name}` | {column.type} | {column.meaning} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
