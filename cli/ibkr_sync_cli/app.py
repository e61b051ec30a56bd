"""The application, with its global options."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import Invocation, one_format
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.parsing.command_tree import CommandTree
from ibkr_sync_cli.terminal.columns import parse_columns
from ibkr_sync_cli.terminal.logs import log_to_stderr
from ibkr_sync_cli.terminal.output import Output, OutputFormat
from ibkr_sync_cli.terminal.result_file import parse_result_file

app = typer.Typer(
    name="ibkr-sync",
    cls=CommandTree,
    help="Keeps the reference data of futures at Interactive Brokers right, in a local database.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from ibkr_sync_cli.commands.upkeep.version import version

        version()
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option("--profile", "-p", help="local, ibkr, demo or your own.", metavar="NAME"),
    ] = None,
    config_file: Annotated[
        str | None, typer.Option("--config", help="Config file.", metavar="FILE")
    ] = None,
    database_location: Annotated[
        str | None, typer.Option("--database", help="Database file or URL.", metavar="DB")
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="Format of the result; a table on a terminal, else TSV.",
            metavar="FORMAT",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Only these columns of a table, CSV or TSV, by the names in TSV; all for all.",
            metavar="A,B,C",
        ),
    ] = None,
    result_file: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Write the result to this file; its ending says the format.",
            metavar="FILE",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors.")] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, help="More on stderr; -vv for most.", show_default=False
        ),
    ] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    log_file: Annotated[
        str | None, typer.Option("--log-file", help="Also log to this file.", metavar="FILE")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option("--log-format", help="text or json.", metavar="FORMAT")
    ] = None,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the global options, again for each command on the way that has more of them."""
    del show_version  # its callback has ended the call
    before = context.obj
    given_output = before.output if isinstance(before, Invocation) else before
    output = given_output if isinstance(given_output, Output) else Output(color=not no_color)
    output.quiet = quiet
    output.columns = parse_columns(columns)
    output.file = parse_result_file(result_file)
    output.command = NextCommand.after(
        profile=profile, config=config_file, database=database_location
    )
    given = {
        "profile": profile,
        "config": config_file,
        "database": database_location,
        "log_file": log_file,
        "log_format": log_format,
    }
    invocation = Invocation(
        output=output,
        flags={name: value for name, value in given.items() if value is not None},
        format=one_format(format, json=json) or OutputFormat.of_file(output.file),
    )
    context.obj = invocation
    log_to_stderr(
        invocation.run, verbosity=verbose, quiet=quiet, log_format=log_format, debug=debug
    )
