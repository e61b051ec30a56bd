"""A page of help: what a command does, its words, examples, and where the rest stands."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import typer

from ibkr_sync_cli.messages.command_words import command_words
from ibkr_sync_cli.messages.exit_codes import EXIT_CODE_HELP
from ibkr_sync_cli.messages.usage_errors import PROGRAM
from ibkr_sync_cli.parsing.examples import Example, examples_of
from ibkr_sync_cli.terminal.output import Output

_WIDEST = 100
_LONGEST_NAME = 26
_GAP = 2
_LONGEST_CHOICES = 12
_HEADING = re.compile(r"^(?:Usage(?=: )|[A-Z].*(?=:$))", re.MULTILINE)

# Typer keeps the types of contexts, commands and parameters to itself.
# ruff: noqa: ANN401


def help_page(command: Any, context: Any) -> str:
    """The page of a command or group, as wide as the terminal, at most 100 columns."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    page = "\n\n".join(_sections(command, context, width)) + "\n"
    output = getattr(context.obj, "output", context.obj)  # an Invocation's, once there is one
    is_plain = not isinstance(output, Output) or not output.color
    # echo takes the style out where no terminal listens
    return page if is_plain else _HEADING.sub(lambda name: typer.style(name[0], bold=True), page)


def parameter_rows(command: Any, context: Any, *, kind: str) -> list[tuple[str, str]]:
    """The command's own arguments or options, each as it is typed and what it is for."""
    inherited = () if context.parent is None else context.find_root().command.params
    return [
        (_argument(param) if kind == "argument" else _option(param), _meaning(param))
        for param in command.get_params(context)
        if param.param_type_name == kind and not param.hidden and param not in inherited
    ]


def usage_line(command: Any, context: Any) -> str:
    """How the command is called."""
    arguments = [_usage(param) for param in command.params if param.param_type_name == "argument"]
    last = ["COMMAND", "..."] if hasattr(command, "commands") else arguments
    return " ".join((PROGRAM, *command_words(context), *last, "[OPTIONS]"))


def command_sections(command: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The headings of a group, each with its commands and the first sentence of their help."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, other in command.commands.items():
        sections.setdefault(command.heading_of(name), []).append((name, first_sentence(other.help)))
    yield from sections.items()


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(part.split()) for part in (text or "").split("\n\n")]


def first_sentence(text: str | None) -> str:
    """What stands before the first full stop or semicolon, without where it comes from."""
    first = paragraphs(text)[0]
    sentence = first.partition(". ")[0].partition("; ")[0].rstrip(".")
    return sentence.removesuffix(", from the database alone")


def _sections(command: Any, context: Any, width: int) -> Iterator[str]:
    for paragraph in paragraphs(command.help):
        yield textwrap.fill(paragraph, width)
    yield f"Usage: {usage_line(command, context)}"
    is_root = context.parent is None
    commands = list(command_sections(command)) if hasattr(command, "commands") else []
    column = max((len(name) for _, rows in commands for name, _ in rows), default=0)
    for title, rows in commands:
        yield _section(title, rows, width, column)
    arguments = parameter_rows(command, context, kind="argument")
    options = parameter_rows(command, context, kind="option")
    column = min(max(len(name) for name, _ in (*arguments, *options)), _LONGEST_NAME)
    if arguments:
        yield _section("Arguments", arguments, width, column)
    heading = "Global options, before or after any command" if is_root else "Options"
    yield _section(heading, options, width, column)
    if examples := examples_of(command_words(context)):
        yield "\n".join(("Examples:", *_examples(examples, width)))
    if is_root:
        yield EXIT_CODE_HELP
    else:
        yield f"Global options and exit codes: {PROGRAM} --help"


def _section(title: str, rows: Iterable[tuple[str, str]], width: int, column: int) -> str:
    return "\n".join((f"{title}:", *(line for row in rows for line in _row(*row, width, column))))


def _row(name: str, text: str, width: int, column: int) -> Iterator[str]:
    indent = " " * (column + 2 * _GAP)
    lines = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent) or [indent]
    if len(name) <= column:
        yield f"  {name:<{column}}  {lines[0].strip()}".rstrip()
        yield from lines[1:]
    else:
        yield f"  {name}"
        yield from lines


def _examples(examples: Sequence[Example], width: int) -> Iterator[str]:
    """The calls with what comes of them; above a call where there is no room beside it."""
    lines = {example: f"  {PROGRAM} {example.line}" for example in examples}
    fitting = [line for other, line in lines.items() if len(f"{line}  # {other.shows}") <= width]
    column = max(map(len, fitting), default=0)
    for other, line in lines.items():
        beside = f"{line:<{column}}  # {other.shows}"
        yield beside if len(beside) <= width else f"  # {other.shows}\n{line}"


def _usage(argument: Any) -> str:
    name = f"{_argument(argument)}{'...' if argument.nargs != 1 else ''}"
    return name if argument.required else f"[{name}]"


def _argument(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _option(option: Any) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag or option.count:
        return names
    return f"{names} {option.metavar or _kind_of_value(option)}"


def _kind_of_value(option: Any) -> str:
    if choices := _short_choices(option):
        return choices
    is_number = option.type_descriptor.annotation is int
    return "N" if is_number else str(option.name).upper()


def _short_choices(option: Any) -> str | None:
    """The choices as they stand beside the option, if there are few; None if not."""
    text = "|".join(map(str, option.type_descriptor.choices or ()))
    return text if 0 < len(text) <= _LONGEST_CHOICES else None


def _meaning(parameter: Any) -> str:
    extra = []
    choices = parameter.type_descriptor.choices
    if choices is not None and not _short_choices(parameter):
        extra.append(f"One of {', '.join(map(str, choices))}.")
    if parameter.default not in (None, False, 0, ()) and parameter.show_default:
        extra.append(f"Default: {parameter.default}.")
    return " ".join((parameter.help or "", *extra))
