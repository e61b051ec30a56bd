"""Measures, and prints every figure: `python -m benchmarks [--json] [--rounds N] [SUBJECT ...]`."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from typing import TextIO

from benchmarks.figures import Figure, as_json
from benchmarks.tables import as_table
from ibkr_sync_cli.__main__ import OBJECTS_PER_COLLECTION

SUBJECTS = (
    "modules",
    "processes",
    "memory",
    "commands",
    "refresh",
    "night",
    "postgres",
    "pacing",
    "peers",
    "persistence",
    "decoding",
    "throughput",
    "latency",
    "growth",
    "years",
)

DEFAULT_ROUNDS = 15


def main() -> None:
    """Measure the subjects asked for, all by default, and print each as soon as it is measured.

    Progress goes to stderr, and so do the tables where JSON is wanted.
    """
    options = _options()
    gc.set_threshold(OBJECTS_PER_COLLECTION)  # as the command does; all that is compared gains
    stream = sys.stderr if options.json else sys.stdout
    figures: list[Figure] = []
    for subject in SUBJECTS:
        if options.subjects and subject not in options.subjects:
            continue
        print(f"measuring {subject} ...", file=sys.stderr)
        found = list(importlib.import_module(f"benchmarks.{subject}").measure(options.rounds))
        print(as_table(found, _width(stream)), end="\n\n", file=stream, flush=True)
        figures += found
    if options.json:
        print(as_json(figures))


def _width(stream: TextIO) -> int | None:
    """The columns of a terminal; None for a file or a pipe, which have room for any."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--rounds", type=int, default=DEFAULT_ROUNDS, help="how often each is measured"
    )
    options = parser.parse_args()
    unknown = set(options.subjects) - set(SUBJECTS)
    if unknown or options.rounds < 1:
        parser.error(f"unknown: {', '.join(sorted(unknown))}" if unknown else "no rounds")
    return options


if __name__ == "__main__":
    main()
