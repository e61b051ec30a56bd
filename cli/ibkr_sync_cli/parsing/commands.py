"""Commands and groups: they take the global options in any place, and have one form of help.

Help, and what is said of a refused call, is imported where it is written.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.parsing.plain_values import read_plain_values

_RUN = "--run"

# Typer keeps the types of contexts and parameters to itself.
# ruff: noqa: ANN401


class _WithGlobalOptions:
    """What a command and a group have in common; `super()` is typer's class that is mixed in."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own parameters, and the global options that it has none of the same name for."""
        own: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in own:  # typer adds some after it has made the command
            read_plain_values(parameter)
        taken = {option for item in own for option in item.opts}
        return [*own, *(other for other in global_options(ctx) if not taken & set(other.opts))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a call; what is given last of a global option wins."""
        words = list(args)  # reading takes them away
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as refusal:
            if getattr(refusal, "ctx", ctx) is None:
                refusal.ctx = ctx  # type: ignore[attr-defined]  # of all that parsing refuses
            self._heed_global_options(ctx, words)
            raise
        if ctx.parent is not None and not ctx.resilient_parsing:
            _take_global_options(ctx)
        return rest

    def _heed_global_options(self, ctx: Any, args: list[str]) -> None:
        """Let the root have the global options of a call that is refused, for its next step."""
        ctx.resilient_parsing = True
        with suppress(typer.TyperException):
            super().parse_args(ctx, args)  # type: ignore[misc]
            if ctx.parent is not None:
                _take_global_options(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of help."""
        from ibkr_sync_cli.parsing.help_page import help_page

        formatter.write(help_page(self, ctx))


class Command(_WithGlobalOptions, TyperCommand):
    """A command that does something."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a call; raises UsageProblem for more than it takes."""
        ctx.allow_extra_args = True  # or typer would refuse them in its own words
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            self._refuse(ctx, rest[0])
        return rest

    def _refuse(self, ctx: Any, word: str) -> NoReturn:
        from ibkr_sync_cli.messages.command_words import command_words
        from ibkr_sync_cli.messages.usage_errors import PROGRAM, UsageProblem, quoted

        known = " ".join((PROGRAM, *command_words(ctx)))
        takes_run = any(_RUN in param.opts for param in self.get_params(ctx))
        is_run = takes_run and word.isascii() and word.isdigit()
        raise UsageProblem(
            f"{known} does not take {quoted(word)} as well.",
            next_step=f"Did you mean {known} {_RUN} {word}?" if is_run else None,
            ctx=ctx,
        )

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with all global options, wherever they stood."""
        root = ctx.find_root()
        ctx.invoke(root.command.callback, **root.params)
        return super().invoke(ctx)


class Group(_WithGlobalOptions, TyperGroup):
    """A command that holds others."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words up to the next command; without any, show the help on stderr."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that a word names; raises UsageProblem with what may be meant."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            from ibkr_sync_cli.messages.usage_errors import no_such_command

            raise no_such_command(ctx, name, self.commands)
        return name if command else None, command, args[1:]

    def heading_of(self, name: str) -> str:
        """The heading that a command stands under in the help."""
        del name
        return "Commands"


def global_options(ctx: Any) -> list[Any]:
    """The parameters of the root that are meant for every command below it; none at the root."""
    if ctx.parent is None:
        return []
    params = ctx.find_root().command.params
    return [param for param in params if param.expose_value and not param.is_eager]


def _take_global_options(ctx: Any) -> None:
    """Let the root have what was given of its options here.

    What was given before the command of one that the command has itself is the command's.
    """
    root = ctx.find_root()
    for param in ctx.command.get_params(ctx):
        if param not in root.command.params:
            _give_global_option(ctx, root, param)
            continue
        value = ctx.params.pop(param.name)
        if value != param.default:
            root.params[param.name] = root.params[param.name] + value if param.count else value


def _give_global_option(ctx: Any, root: Any, param: Any) -> None:
    for namesake in root.command.params:
        if set(param.opts) & set(namesake.opts) and root.params.get(namesake.name) is not None:
            given = root.params[namesake.name]
            root.params[namesake.name] = namesake.default
            if ctx.params[param.name] == param.default:
                ctx.params[param.name] = given
