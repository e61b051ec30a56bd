"""`replay`: a stand-in for TWS on loopback."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ibkr_sync_cli.invocation import invocation_of
from ibkr_sync_cli.messages.next_command import NextCommand

if TYPE_CHECKING:
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
        config = invocation.flags.get("config")
        command = NextCommand.after(profile=None, config=config, database="sample.db")
        asking = command("get", "ES", "--source", "ibkr", "--port", str(gateway.port))
        invocation.output.remark(f"try: {asking}")
        _wait(invocation.output)


def _wait(output: Output) -> NoReturn:
    from ibkr_sync.domain.errors import RunInterrupted

    try:
        while True:
            signal.pause()
    except RunInterrupted as interruption:
        output.remark("stopped")
        raise typer.Exit(128 + interruption.signal_number) from interruption
