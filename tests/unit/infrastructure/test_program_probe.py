"""A program that can't be run is found before the night."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibkr_sync.infrastructure.notifying.program_probe import obstacle_to
from one_case import one_case


@one_case(
    ("content", "mode", "obstacle"),
    [
        (b"#!/bin/sh\n", 0o700, None),
        (b"#! /bin/sh -eu\n", 0o700, None),
        (b"\x7fELF\2\1\1\0", 0o700, None),
        (b"#!/bin/sh\n", 0o600, "it is not executable"),
        (b"#!/bin/sh\r\n", 0o700, "its lines end as on Windows"),
        (b"#!/nowhere/python\n", 0o700, "its interpreter /nowhere/python is not there"),
        (b"curl x\n", 0o700, "its first line does not begin with #!"),
    ],
)
def test_what_keeps_a_file_from_being_run_is_named(
    tmp_path: Path, content: bytes, mode: int, obstacle: str | None
) -> None:
    program = tmp_path / "alert"
    program.write_bytes(content)
    program.chmod(mode)
    assert obstacle_to(str(program)) == obstacle


def test_a_program_is_looked_for_where_a_run_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "alert"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    assert obstacle_to("alert") == "no folder of PATH has it"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert obstacle_to("alert") is None
    assert obstacle_to(str(tmp_path)) == "it is not a file"
    assert obstacle_to(str(tmp_path / "none")) == "there is no such file"
