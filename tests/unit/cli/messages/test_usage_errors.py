"""What is said of words that a command does not take, and what may have been meant."""

from __future__ import annotations

import pytest
import typer

from ibkr_sync_cli.app import app
from ibkr_sync_cli.messages.usage_errors import usage_next_step, usage_sentence
from ibkr_sync_cli.terminal.output import Output
from one_case import one_case


@one_case(
    ("words", "sentence", "next_step"),
    [
        (
            "help watchlist ad",
            "There is no command 'watchlist ad'.",
            "Did you mean ibkr-sync watchlist add? ibkr-sync watchlist --help",
        ),
        (
            "help watchlist qqq",
            "There is no command 'watchlist qqq'.",
            "ibkr-sync watchlist --help",
        ),
        (
            "help watchlist add foo",
            "There is no command 'watchlist add foo'.",
            "ibkr-sync watchlist add --help",
        ),
        (
            "help shwo",
            "There is no command 'shwo'.",
            "Did you mean ibkr-sync show? ibkr-sync --help",
        ),
    ],
)
def test_words_that_are_refused_lead_to_those_that_may_be_meant(
    words: str, sentence: str, next_step: str
) -> None:
    with pytest.raises(typer.TyperException) as caught:
        app(words.split(), obj=Output(color=False), standalone_mode=False)

    assert usage_sentence(caught.value) == sentence
    assert usage_next_step(caught.value) == next_step
