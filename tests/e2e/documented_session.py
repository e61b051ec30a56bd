"""Types what a page shows to be typed, and compares what is printed with what the page says.

A block of the language `console` is run if an HTML comment before it says when:

    <!-- typed at 2026-11-24 18:00 -->

Lines that begin with `$ ` are typed on a terminal without colours, one process for each; those
below are what it prints. `…` stands for any text, and alone in a line for any lines. How long
something took and port numbers are not compared. The clock is UTC's and ticks on from that moment.
The gateway at the usual port answers as the demo's does in the night of that day.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from e2e.command_line import CommandLine
from e2e.one_run import CLOCK
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.sample.week import SampleWeek
from sample_week import as_if_real

COLUMNS = 100

_BLOCK = re.compile(
    r"^<!-- typed at (\d{4}-\d\d-\d\d \d\d:\d\d) -->\n```console\n(.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_VARIES = (
    (re.compile(r"\b\d+(\.\d+)? s\b"), "0.1 s"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "4002"),
)
_ANY_LINES, _ANY_TEXT = "…", ".*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What is typed at a moment, in UTC, and the lines that come of it."""

    at: datetime
    command: str
    printed: Sequence[str]


def typed_in(page: Path) -> Iterator[Typed]:
    """What a page shows to be typed, in order."""
    for moment, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *printed = part.splitlines()
            yield Typed(at=at, command=command.partition("  #")[0].strip(), printed=printed)


def type_all(page: Path, command_line: CommandLine, week: SampleWeek) -> None:
    """Type all of a page, and fail with what is printed instead of what it says."""
    for typed in typed_in(page):
        program, *arguments = shlex.split(typed.command)
        assert program == "ibkr-sync", typed.command
        with _gateway(week, typed.at) as port:
            env = {CLOCK: typed.at.isoformat(), "IBKR_PORT": str(port), "NO_COLOR": "1"}
            _, sent = command_line.on_terminal(*arguments, env=env, columns=COLUMNS)
        lines = [line.rstrip() for line in sent.splitlines()]
        assert _agree(lines, typed.printed), f"$ {typed.command}\n" + "\n".join(lines)


@contextmanager
def _gateway(week: SampleWeek, at: datetime) -> Iterator[int]:
    """The gateway of that day's night, if there is one; what it knows is not marked as sample."""
    known = [night.recording for night in week.nights if night.at.date() == at.date()]
    recording = next(filter(None, known), Recording(contracts=()))
    with ScriptedGateway(as_if_real(recording), now=lambda: at) as gateway:
        yield gateway.port


def _agree(lines: Sequence[str], printed: Sequence[str]) -> bool:
    pattern = "".join(
        "(?:.*\n)*?" if line == _ANY_LINES else f"{_line_pattern(line)}\n" for line in printed
    )
    return re.fullmatch(pattern, "".join(f"{_even(line)}\n" for line in lines)) is not None


def _line_pattern(line: str) -> str:
    return _ANY_TEXT.join(map(re.escape, _even(line).split(_ANY_LINES)))


def _even(text: str) -> str:
    for varying, stand_in in _VARIES:
        text = varying.sub(stand_in, text)
    return text
