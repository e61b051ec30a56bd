"""Every example of the help does what it says, where the sample's ES and GC are stored."""

from __future__ import annotations

import shlex
import shutil
import signal
from pathlib import Path

from e2e.command_line import CommandLine, finish
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.parsing.command_tree import CommandTree
from ibkr_sync_cli.parsing.examples import examples_of

SAMPLES = Path(__file__).parents[1] / "data" / "delivery_files"


def test_every_example_ends_as_documented(ibkr_sync: CommandLine) -> None:
    demo = ("--profile", "demo")
    ibkr_sync(*demo, "get", "ES", "GC")
    ibkr_sync(*demo, "watchlist", "add", "ES")
    shutil.copy(SAMPLES / "close_out.csv", ibkr_sync.cwd / "closeouts.csv")
    (ibkr_sync.cwd / "watchlist.txt").write_text("ES\nGC@COMEX\n")
    commands = {
        (name, sub) if sub else (name,)
        for name, command in CommandTree().commands.items()
        for sub in ("", *getattr(command, "commands", ()))
    }
    done = set()

    for command in ((), *sorted(commands)):
        examples = examples_of(command)
        assert 0 < len(examples) < 5, command
        for example in examples:
            words = tuple(shlex.split(example.line))
            assert words[: len(command)] == command or command in {(), words[:1]}
            if example.line in done:
                continue
            done.add(example.line)
            if example.code is ExitCode.INTERRUPTED:
                assert interrupted(ibkr_sync, *demo, *words) == example.code
                continue
            ended = ibkr_sync(*demo, *words)
            assert ended.code == example.code, (example, ended)


def interrupted(ibkr_sync: CommandLine, *words: str) -> int:
    """The exit code of what waits, stopped as soon as it has told where it listens."""
    with ibkr_sync.running(*words) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        return finish(process).code
