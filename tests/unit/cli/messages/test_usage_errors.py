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
        (
            "watchlist rm ES",
            "There is no command 'watchlist rm'.",
            "Did you mean ibkr-sync watchlist remove? ibkr-sync watchlist --help",
        ),
        (
            "runs 3",
            "ibkr-sync runs does not take '3' as well.",
            "Did you mean ibkr-sync runs --run 3?",
        ),
        ("runs x", "ibkr-sync runs does not take 'x' as well.", "ibkr-sync runs --help"),
        (
            "show ES --csv",
            "ibkr-sync show has no option '--csv'.",
            "Did you mean --format csv?",
        ),
        ("unpin", "ibkr-sync unpin needs SYMBOL.", "See which there are: ibkr-sync pin"),
        (
            "watchlist remove",
            "ibkr-sync watchlist remove needs SYMBOL.",
            "See which there are: ibkr-sync watchlist list",
        ),
        ("show", "ibkr-sync show needs SYMBOL.", "See which there are: ibkr-sync list"),
        (
            "next -p demo",
            "ibkr-sync next needs SYMBOL.",
            "See which there are: ibkr-sync --profile demo list",
        ),
        ("get", "ibkr-sync get needs SYMBOL.", "ibkr-sync get --help"),
        (
            "schedule",
            "ibkr-sync schedule needs --print.",
            "One of cron, systemd, launchd, as ibkr-sync schedule --print cron",
        ),
        (
            "check --max-age 5",
            "--max-age: '5' lacks a unit; did you mean 5d or 5h?",
            "ibkr-sync check --help",
        ),
        (
            "expirations --within 5",
            "--within: '5' lacks a unit; did you mean 5d or 5bd?",
            "ibkr-sync expirations --help",
        ),
        (
            "list --expiring soon",
            "--expiring: 'soon' is no duration; write 90m, 20h, 7d or 12w, or 5bd.",
            "ibkr-sync list --help",
        ),
        *(
            (f"show ES -n {typed}", f"-n: '{typed}' {problem}.", "ibkr-sync show --help")
            for typed, problem in (
                ("0", "is too small; write 1 or more, or all"),
                ("-3", "is too small; write 1 or more, or all"),
                ("few", "isn't a whole number; write 12, or all"),
                ("9" * 20, "isn't a whole number; write 12, or all"),
            )
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
