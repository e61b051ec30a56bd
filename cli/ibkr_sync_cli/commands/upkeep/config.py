"""`config`: the settings, and where each comes from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ibkr_sync_cli.invocation import call_of, invocation_of
from ibkr_sync_cli.messages.exit_codes import ExitCode

app = typer.Typer(help="The settings: show, check, begin.", no_args_is_help=True)


@app.command("init")
def init_config(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the commented example as the user's config file (or as --config FILE)."""
    from ibkr_sync.config.config_files import CONFIG_FILE, config_folders
    from ibkr_sync.config.example import write_example

    invocation = invocation_of(context)
    given = invocation.flags.get("config")
    path = Path(str(given)) if given else config_folders().config / CONFIG_FILE
    write_example(path, force=force)
    invocation.output.write_text(str(path))
    invocation.output.remark(
        f"next:  edit it, then: {invocation.output.command('config', 'check')}"
    )


@app.command("show")
def show_config(
    context: typer.Context,
) -> None:
    """Print every setting in use and where it was set; secrets are masked."""
    from ibkr_sync_cli.views.settings import settings_view

    call = call_of(context)
    call.output.write(settings_view(call.loaded.explain()), call.wanted)


@app.command("path")
def config_path(
    context: typer.Context,
) -> None:
    """Print where config files are looked for, the most important first."""
    from ibkr_sync.config.config_files import config_folders, config_locations
    from ibkr_sync_cli.views.settings import settings_files_view

    invocation = invocation_of(context)
    locations = config_locations(invocation.flags, os.environ, Path.cwd(), config_folders())
    wanted = invocation.format
    invocation.output.write(settings_files_view(locations), wanted)


@app.command("check")
def check_config(context: typer.Context) -> None:
    """Check all settings and print every problem found."""
    from ibkr_sync.config.loading import check_settings

    invocation = invocation_of(context)
    found = check_settings(invocation.flags, os.environ, Path.cwd())
    for warning in found.warnings:
        invocation.output.write_text(f"warning: {warning}")
    for problem in found.problems:
        invocation.output.write_text(f"problem: {problem}")
    if found.problems:
        raise typer.Exit(ExitCode.USAGE)
    invocation.output.write_text("settings are fine")


@app.command("example")
def config_example(context: typer.Context) -> None:
    """Print the commented example."""
    from ibkr_sync.config.example import example_text

    invocation_of(context).output.write_text(example_text())
