"""The exit codes, which every call needs; what leads to them is in `errors`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a call ended; stable, so that scripts and schedulers can rely on it."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    GATEWAY = 3
    PARTIAL = 4
    NOT_FOUND = 5
    STALE = 6
    DATABASE = 7
    UPSTREAM = 8
    ALREADY_RUNNING = 75
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_CODE_HELP = """\
Exit codes: 0 ok · 1 unexpected · 2 usage or config · 3 gateway or handshake
4 some products failed, the rest is saved · 5 not found or ambiguous
6 stale data, or changes asked for · 7 database · 8 gateway up, IBKR down
75 another run · 130/143 stopped"""
