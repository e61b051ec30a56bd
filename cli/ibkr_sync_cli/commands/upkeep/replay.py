"""`replay`: a stand-in for TWS on loopback."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ibkr_sync.domain.naming.limits import UNLIMITED
from ibkr_sync_cli.invocation import call_of, invocation_of
from ibkr_sync_cli.messages.next_command import NextCommand

if TYPE_CHECKING:
    from collections.abc import Collection

    from ibkr_sync_cli.invocation import Invocation
    from ibkr_sync_cli.terminal.output import Output

app = typer.Typer(
    help="A stand-in for TWS on loopback, for trying things and for tests.", no_args_is_help=True
)


@app.command("serve")
def serve_replay(
    context: typer.Context,
    port: Annotated[
        int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 4002,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A recording; sample data if not given.", metavar="FILE"),
    ] = None,
) -> None:
    """Answer contract-details requests from a recording until stopped (Ctrl-C)."""
    from ibkr_sync.bootstrap.replay import replay_gateway

    invocation = invocation_of(context)
    with ExitStack() as stack:
        try:
            gateway = stack.enter_context(replay_gateway(data, port=port))
        except OSError as error:
            raise typer.BadParameter(
                f"127.0.0.1:{port} can't be used ({error.strerror}); --port 0 takes a free one"
            ) from error
        origin = str(data) if data else "SAMPLE DATA, computed, not IBKR's"
        invocation.output.write_text(f"replay gateway on {gateway.host}:{gateway.port}: {origin}")
        database = "sample.db" if gateway.is_sample else "replay.db"
        _offer(invocation, database, gateway.symbols, gateway.port)
        _wait(invocation.output)


@app.command("save")
def save_replies(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(help="Products, as ES or CL@NYMEX: their last replies.", metavar="SYMBOL"),
    ] = None,
    run: Annotated[
        int | None, typer.Option("--run", help="All replies of a run.", metavar="N", min=1)
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            *("--output", "-o"),
            help="The recording to write; stdout if not given.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Save raw replies that are kept as a recording, which `replay serve` answers from.

    It holds what the gateway sent of contracts, and ticks, and nothing of an account or of this
    machine: a report of what went wrong that others can play.
    """
    from ibkr_sync_cli.arguments.stored_products import named_keys
    from ibkr_sync_cli.reports.upkeep.saved_replies import place_of_recording, report_saved_replies

    if (run is None) == (not symbols):
        raise typer.BadParameter("name products, or a run: --run N")
    call = call_of(context)
    path = place_of_recording(call, file)
    with call.reading() as services:
        keys, missing = named_keys(call, services, symbols or (), UNLIMITED)
        saved = (
            services.recording.of_products(keys) if run is None else services.recording.of_run(run)
        )
    raise typer.Exit(report_saved_replies(call, saved, missing, path))


def _offer(invocation: Invocation, database: str, symbols: Collection[str], port: int) -> None:
    """Say what may be asked, into a database of its own."""
    config = invocation.flags.get("config")
    command = NextCommand.after(profile=None, config=config, database=database)
    for symbol in sorted(symbols, key=lambda symbol: (symbol != "ES", symbol))[:1]:
        asking = command("get", symbol, "--source", "ibkr", "--port", str(port))
        invocation.output.remark(f"try: {asking}")


def _wait(output: Output) -> NoReturn:
    from ibkr_sync.domain.errors import RunInterrupted

    try:
        while True:
            signal.pause()
    except RunInterrupted as interruption:
        output.remark("stopped")
        raise typer.Exit(128 + interruption.signal_number) from interruption
