"""What is said of words that typer or pydantic refuses: in our words, as of any other error."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

import typer

from ibkr_sync_cli.messages.command_words import command_words
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.next_command import NextCommand

PROGRAM = "ibkr-sync"
_LONGEST_QUOTE = 60
_ALIKE = 0.75
"""As two names of options have two hyphens in common, less says little."""

_SYNONYMS: Final = {"delete": "remove", "del": "remove", "rm": "remove", "ls": "list"}
"""What other programs call a command of ours."""

_LISTS: Final = {
    "unpin": ("pin",),
    "watchlist remove": ("watchlist", "list"),
    **dict.fromkeys(("show", "next", "hours", "rolls", "history"), ("list",)),
}
"""By a command that needs a name, the one that lists those it takes."""

_FORMATS: Final = ("table", "jsonl", "csv", "tsv")

_PROBLEMS: Final = {
    "greater_than_equal": "is too small, it must be at least {ge}",
    "less_than_equal": "is too large, it must be at most {le}",
    "int_parsing": "is no whole number",
    "int_parsing_size": "is no whole number",
    "int_from_float": "is no whole number",
}
"""By the kind of pydantic's finding."""


class UsageProblem(typer.BadParameter):
    """Words that can't be meant, with the next step; its message is a whole sentence."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, next_step: str | None = None, ctx: Any = None) -> None:  # noqa: ANN401 - typer's
        super().__init__(message, ctx=ctx)
        self.next_step = next_step


def usage_sentence(error: typer.TyperException) -> str:
    """What is wrong with the words that were typed, in a sentence."""
    if isinstance(error, UsageProblem):
        return error.message
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    command = " ".join((PROGRAM, *command_words(context))) if context else PROGRAM
    if hasattr(error, "possibilities"):
        return f"{command} has no option {quoted(_option(error))}."
    if hasattr(error, "option_name"):
        takes_none = "does not take a value" in error.message
        return f"{_option(error)} {'takes no value' if takes_none else 'needs a value'}."
    if hasattr(error, "param_type"):
        return f"{command} needs {_name(parameter)}."
    if isinstance(error, typer.BadParameter):
        return _sentence(_value_problem(error), _name(parameter) if parameter else None)
    return f"{command} needs a command."


def usage_next_step(error: typer.TyperException) -> str:
    """Where to read on, with what may have been meant."""
    context = getattr(error, "ctx", None)
    words = command_words(context) if context else ()
    see = " ".join((PROGRAM, *words, "--help"))
    if isinstance(error, UsageProblem) and error.next_step:
        return error.next_step
    if hasattr(error, "param_type"):
        return _step_to_name(error, words) or see
    if hasattr(error, "possibilities") and _option(error).lstrip("-") in _FORMATS:
        return f"Did you mean --format {_option(error).lstrip('-')}?"
    if hasattr(error, "possibilities") and context is not None:
        known = [opt for one in context.command.get_params(context) for opt in one.opts]
        near = get_close_matches(_option(error), known, n=1, cutoff=_ALIKE)
        if near:
            return f"Did you mean {near[0]}? {see}"
        if not words:
            return f"What is an option of a command stands after it: {PROGRAM} help COMMAND"
    return see


def no_such_command(ctx: Any, name: str, known: Iterable[str] = ()) -> UsageProblem:  # noqa: ANN401 - typer's
    """The error of a word after those of `ctx` that none of the commands known there has."""
    words, commands = command_words(ctx), list(known)
    near = get_close_matches(_SYNONYMS.get(name.lower(), name.lower()), commands, n=1)
    see, matching = " ".join((PROGRAM, *words, "--help")), " ".join((PROGRAM, *words, *near))
    return UsageProblem(
        f"There is no command {quoted(' '.join((*words, name)))}.",
        next_step=f"Did you mean {matching}? {see}" if near else see,
        ctx=ctx,
    )


def _step_to_name(error: typer.TyperException, words: tuple[str, ...]) -> str | None:
    """What may be given for the parameter that is missing, where that is known."""
    parameter: Any = getattr(error, "param", None)
    if parameter.type_descriptor.choices is not None:
        choices = list(map(str, parameter.type_descriptor.choices))
        first = " ".join((PROGRAM, *words, parameter.opts[0], choices[0]))
        return f"One of {', '.join(choices)}, as {first}"
    names = _LISTS.get(" ".join(words))
    if names is None:
        return None
    given = getattr(error, "ctx").find_root().params  # noqa: B009 - typer keeps its type to itself
    command = NextCommand.after(
        profile=given.get("profile"),
        config=given.get("config_file"),
        database=given.get("database_location"),
    )
    return f"See which there are: {command(*names)}"


def choice_problem(text: str, choices: Iterable[str]) -> str:
    """What is wrong with a text that is none of a few."""
    known = list(choices)
    near = get_close_matches(text.lower(), known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{quoted(text)} is none of {', '.join(known)}{hint}"


def _value_problem(error: typer.BadParameter) -> str:
    """What is wrong with a value; the kinds of pydantic's errors in our words."""
    parameter = getattr(error, "param", None)
    findings = getattr(error.__cause__, "errors", None)
    if findings is None or parameter is None:
        return error.message.removeprefix("Value error, ")
    finding = findings()[0]
    text, choices = str(finding["input"]), parameter.type_descriptor.choices
    if choices is not None:
        return choice_problem(text, map(str, choices))
    if finding["type"] == "value_error":
        return error.message.removeprefix("Value error, ")
    problem = _PROBLEMS.get(finding["type"], "is no value that it takes")
    return f"{quoted(text)} {problem.format(**finding.get('ctx', {}))}"


def _sentence(problem: str, name: str | None) -> str:
    whole = f"{name}: {problem}" if name else problem[:1].upper() + problem[1:]
    return whole if whole.endswith((".", "?", "!")) else f"{whole}."


def _option(error: typer.TyperException) -> str:
    return str(getattr(error, "option_name", ""))


def _name(parameter: Any) -> str:  # noqa: ANN401 - typer keeps its type to itself
    """A parameter as it is typed."""
    if parameter.param_type_name == "option":
        return str(parameter.opts[0])
    return str(parameter.metavar or parameter.name.upper())


def quoted(text: str) -> str:
    """As much of what was typed as is needed to know it again, in quotes."""
    return repr(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…")
