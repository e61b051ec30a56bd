"""The settings as the command sees them: all problems at once, every origin told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from e2e.command_line import CommandLine

BROKEN = """\
profile = "liev"
colour = true
[gateway]
port = "4002"
host = ""
[output]
format = "xml"
[profiles.live]
source = "ibrk"
"""


def test_every_problem_of_a_config_file_is_reported_at_once(ibkr_sync: CommandLine) -> None:
    path = ibkr_sync.configure(BROKEN)

    done = ibkr_sync("list")
    checked = ibkr_sync("config", "check")

    assert (done.code, done.out, checked.code) == (2, "", 2)
    for key in ("colour", "gateway.port", "gateway.host", "output.format", "profiles.live.source"):
        assert f"{key}: " in done.err
        assert f"{key}: " in checked.out
    assert f"{path}:4: gateway.port" in done.err
    assert "ibkr-sync config check" in done.err


def test_a_file_that_is_no_toml_is_reported_with_its_line(ibkr_sync: CommandLine) -> None:
    path = ibkr_sync.configure('profile = "local"\n[gateway\n')

    done = ibkr_sync("list")

    assert (done.code, done.out) == (2, "")
    assert f"{path}:2:" in done.err
    assert "is not valid TOML" in done.err


def test_a_config_file_that_can_not_be_read_is_reported(ibkr_sync: CommandLine) -> None:
    path = ibkr_sync.configure('profile = "local"\n')
    path.chmod(0)

    done = ibkr_sync("list", without_root_rights=True)

    assert (done.code, done.out) == (2, "")
    assert f"{path}: " in done.err
    assert "ermission" in done.err


def test_the_example_is_a_config_file_and_init_writes_it_once(ibkr_sync: CommandLine) -> None:
    example = ibkr_sync("config", "example")
    first = ibkr_sync("config", "init")
    again = ibkr_sync("config", "init")

    assert tomllib.loads(example.out).keys() == {
        *("database", "gateway", "output", "log", "notify", "profiles")
    }
    path = Path(first.out.strip())
    assert path == ibkr_sync.home / ".config/ibkr-sync/config.toml"
    assert path.read_text(encoding="utf-8") == example.out
    assert path.stat().st_mode & 0o777 == 0o600
    assert (again.code, again.out) == (2, "")
    assert "--force" in again.err
    assert ibkr_sync("config", "init", "--force").code == 0
    assert ibkr_sync("config", "check").out == "settings are fine\n"


def test_show_says_where_each_setting_comes_from(ibkr_sync: CommandLine) -> None:
    path = ibkr_sync.configure("[gateway]\nport = 4001\nclient_id = 7\n")

    done = ibkr_sync(
        *("--profile", "ibkr", "config", "show", "-f", "jsonl"), env={"IBKR_SYNC_CLIENT_ID": "8"}
    )

    assert (done.code, done.err) == (0, "")
    message = {
        row["key"]: (row["value"], row["where"]) for row in map(json.loads, done.out.splitlines())
    }
    assert message["profile"] == ("ibkr", "--profile")
    assert message["gateway.client_id"] == ("8", "IBKR_SYNC_CLIENT_ID")
    port, where = message["gateway.port"]
    assert port == "4001"
    assert str(path) in where
    assert message["gateway.idle_timeout"] == ("30", "default")


def test_an_empty_variable_counts_as_not_set(ibkr_sync: CommandLine) -> None:
    names = ("PROFILE", "DATABASE", "HOST", "PORT", "CLIENT_ID", "LOG_FILE", "CONFIG")
    empty = {f"IBKR_SYNC_{name}": "" for name in names}

    done = ibkr_sync("config", "show", "--json", env=empty)

    assert (done.code, done.err) == (0, "")
    assert done.out == ibkr_sync("config", "show", "--json").out


def test_path_says_where_files_are_looked_for(ibkr_sync: CommandLine) -> None:
    path = ibkr_sync.configure("")

    found = ibkr_sync("config", "path", "-f", "csv").rows()

    assert [(row["path"], row["exists"]) for row in found] == [
        (str(path), "yes"),
        (str(ibkr_sync.home / ".config/ibkr-sync/config.toml"), "no"),
    ]


@pytest.mark.parametrize("home", [None, ""], ids=["unset", "empty"])
def test_without_a_home_settings_still_resolve(ibkr_sync: CommandLine, home: str | None) -> None:
    path = ibkr_sync.configure("database = 'here.db'\n")

    done = ibkr_sync("--config", path, "config", "show", "--json", env={"HOME": home})

    values = {setting["key"]: setting["value"] for setting in done.json["settings"]}
    assert values["database"] == str(ibkr_sync.cwd / "here.db")
