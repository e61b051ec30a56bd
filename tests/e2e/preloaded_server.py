"""The process that loads the command, waits to be forked, and reports how its forks ended."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import NoReturn

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from e2e.one_run import LARGEST, run_and_exit, run_one_after_the_other

PACKAGES = ("ibkr_sync", "ibkr_sync_cli")
LOADED_WHEN_USED = (
    *("alembic.command", "alembic.autogenerate", "encodings.idna", "filelock", "pygments.lexers"),
    *("platformdirs", "pydantic.type_adapter", "rich.progress", "rich.table", "rich.traceback"),
    *("sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite", "typer.rich_utils"),
)
"""What the command loads that no module of ours names at its top."""

CALLS_BEFOREHAND = (
    *(
        ("get", "ES"),
        ("show", "ES"),
        ("show", "ES", "-f", "table"),
        ("next", "ES"),
        ("hours", "ES"),
    ),
    *(
        ("list",),
        ("changes",),
        ("history", "ES"),
        ("watchlist", "add", "ES"),
        ("watchlist", "list"),
    ),
    *(("refresh",), ("check",), ("runs",), ("config", "show"), ("--help",)),
)
"""Calls that have models, statements, formats and the sample prepared for those that follow."""


def _serve(requests: socket.socket) -> NoReturn:
    from ibkr_sync.catalogue import load_catalogue
    from shared_statements import share_statements

    for package in PACKAGES:
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if ".schema.migrations" not in module.name:  # alembic runs these itself
                import_module(module.name)
    for name in LOADED_WHEN_USED:
        import_module(name)
    load_catalogue()
    _keep_sample()
    _keep_commands()
    share_statements()
    _prepare()
    gc.collect()
    gc.freeze()
    _serve_runs(requests)


def _serve_runs(requests: socket.socket) -> NoReturn:
    ends, its_ends = os.pipe()
    os.set_blocking(its_ends, False)
    signal.set_wakeup_fd(its_ends)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    runs: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), ends], [], [])
        if ends in ready:
            os.read(ends, LARGEST)
            _report_ends(runs)
        if requests.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(requests, LARGEST, 4)
            if not request:
                os._exit(0)
            *streams, reports = descriptors
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for inherited in (requests, *runs.values()):
                    inherited.close()
                os.close(ends)
                os.close(its_ends)
                _begin(reports)
                if wanted := json.loads(request):
                    run_and_exit(streams, **wanted)
                run_one_after_the_other(socket.socket(fileno=streams[0]))
            for stream in streams:
                os.close(stream)
            runs[child] = socket.socket(fileno=reports)


def _begin(reports: int) -> None:
    os.setsid()
    with socket.socket(fileno=reports) as began:
        began.send(str(os.getpid()).encode())


def _report_ends(runs: dict[int, socket.socket]) -> None:
    while runs:
        child, status, usage = os.wait4(-1, os.WNOHANG)
        if not child:
            return
        with runs.pop(child) as reports, suppress(BrokenPipeError):  # nobody waits for it
            reports.send(json.dumps([status, list(usage)]).encode())


def _keep_sample() -> None:
    """Compute today's sample, which costs more than the rest of a run that asks for it."""
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay import sample

    compute = sample.sample_recording
    of_day = cache(lambda today: compute(today, HolidayCalendar()))
    of_day(datetime.now(UTC).date())
    sample.sample_recording = lambda today, calendar: of_day(today)  # noqa: ARG005 - its name


def _keep_commands() -> None:
    """Build the commands, which typer does for each call anew."""
    from typer import main as typer_main

    from ibkr_sync_cli.app import app

    tree = typer_main.get_command(app)
    for name in tree.commands:  # type: ignore[attr-defined]
        tree.commands[name]  # type: ignore[attr-defined]
    typer_main.get_command = lambda typer_instance: tree  # noqa: ARG005 - its name


def _prepare() -> None:
    """Be the command a few times; calls in one process leave nothing behind for the next."""
    from ibkr_sync_cli.__main__ import main

    umask = os.umask(0)
    os.umask(umask)
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
    ):
        os.environ["HOME"] = folder
        sys.stdout = sys.stderr = nowhere
        for arguments in CALLS_BEFOREHAND:
            sys.argv = ["ibkr-sync", "--profile", "demo", *arguments]
            with suppress(SystemExit):
                main()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    os.umask(umask)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
