"""The door to completion: every call passes it, so it loads nothing unless a shell asks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "_IBKR_SYNC_COMPLETE"
ASKED = "complete"


def answer_shell(environ: Mapping[str, str]) -> int | None:
    """Answer a shell that asks for words; gives the exit code, None if none asks.

    A shell may also ask for the script to ask by, which typer has.
    """
    asked, _, shell = environ.get(VARIABLE, "").partition("_")
    if asked != ASKED:
        return None
    from ibkr_sync_cli.completion.shells import answer, question_of
    from ibkr_sync_cli.completion.words import candidates_for

    found = candidates_for(question_of(shell, environ), environ)
    return answer(shell, environ, found)
