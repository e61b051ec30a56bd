from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from ibkr_sync.config.config_files import config_folders, config_locations
from unit.config.machine import Machine, write


def test_files_are_looked_for_in_the_working_directory_and_the_users_folder(
    machine: Machine,
) -> None:
    user = machine.user("")

    here, users = config_locations({}, {}, machine.cwd, machine.folders)

    assert (here.path, here.exists, here.required) == (machine.cwd / "ibkr-sync.toml", False, False)
    assert (users.path, users.exists, users.required) == (user, True, False)
    assert (here.chosen_by, users.chosen_by) == ("working directory", "user")


def test_a_config_file_of_something_else_is_not_read(machine: Machine) -> None:
    """Many programs call theirs `config.toml`; one of a web site broke every command."""
    write(machine.cwd / "config.toml", 'baseURL = "https://example.org/"')

    assert [
        location.exists for location in config_locations({}, {}, machine.cwd, machine.folders)
    ] == [
        False,
        False,
    ]


def test_the_users_folders_are_those_of_the_platform() -> None:
    folders = config_folders()

    assert folders.config == Path(platformdirs.user_config_dir("ibkr-sync", appauthor=False))
    assert folders.data == Path(platformdirs.user_data_dir("ibkr-sync", appauthor=False))


def test_a_named_file_that_is_missing_is_an_error(machine: Machine) -> None:
    problem = machine.problem({}, {"IBKR_SYNC_CONFIG": "~/nowhere.toml"})

    assert problem.source == str(machine.home / "nowhere.toml")
    assert problem.message == "there is no such file"
    assert "IBKR_SYNC_CONFIG" in (problem.suggestion or "")


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"a = 1\nb = \n", ":2:5", "is not valid TOML: Invalid value"),
        (b"a = 1\n\n# caf\xe9\n", ":3", "is not UTF-8 text"),
        (b"a = " + b"9" * 5000, "", "is not usable TOML: a number or a nesting is too large"),
        (b"a = " + b"[" * 5000, "", "is not usable TOML: a number or a nesting is too large"),
        (b"#" * (1 << 21), "", "is larger than 1 MiB"),
        (b"\x1b[2J = 1", ":1:1", "is not valid TOML: Invalid statement"),
    ],
    ids=["syntax", "encoding", "digits", "nesting", "size", "escape"],
)
def test_an_unusable_file_is_reported_with_the_place(
    machine: Machine, content: bytes, place: str, message: str
) -> None:
    here = machine.here("")
    here.write_bytes(content)

    problem = machine.problem()

    assert (problem.source, problem.key, problem.message) == (f"{here}{place}", "", message)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(machine: Machine) -> None:
    machine.here("").write_bytes(b'\xef\xbb\xbfprofile = "ibkr"\r\n[gateway]\r\nport = 7\r\n')

    loaded = machine.load()

    assert (loaded.settings.profile, loaded.settings.active.gateway.port) == ("ibkr", 7)


def test_a_folder_and_a_pipe_are_refused_without_waiting_for_a_writer(machine: Machine) -> None:
    folder, pipe = machine.cwd / "folder", machine.cwd / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)

    assert machine.problem({"config": folder}).message == "is a folder, not a file"
    assert machine.problem({"config": pipe}).message == "is no regular file"


def test_a_file_that_may_not_be_read_is_reported_with_the_reason(machine: Machine) -> None:
    loop = machine.cwd / "ibkr-sync.toml"
    loop.symlink_to(loop)

    assert machine.problem().message == "can't be read: Too many levels of symbolic links"


def test_a_folder_that_is_a_file_holds_no_config(machine: Machine) -> None:
    write(machine.folders.config, "not a folder")

    assert machine.load().settings.profile == "local"
