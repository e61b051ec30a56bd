from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomli

from ibkr_sync.config.example import example_text, write_example
from ibkr_sync.config.settings import (
    SHIPPED_PROFILES,
    ConfigTable,
    ProfileSettingsTable,
    field_names,
)
from ibkr_sync.config.toml_keys import TomlKey, toml_keys
from ibkr_sync.domain.errors import ConfigError
from unit.config.machine import Machine

# Set in no profile that is shipped: they share what [gateway] and [database] say.
INHERITED = {"gateway", "database"}


def defaults_written_out() -> str:
    """Give the example with each commented default in force."""
    return re.sub(r"^#(?=[a-z\[])", "", example_text(), flags=re.MULTILINE)


def table_keys(table: Any, above: TomlKey = ()) -> Iterator[TomlKey]:
    for name in field_names(type(table)):
        yield (*above, name)
        if is_dataclass(inner := getattr(table, name)):
            yield from table_keys(inner, (*above, name))


def test_the_example_as_it_stands_changes_nothing(machine: Machine) -> None:
    without = machine.load().settings
    machine.here(example_text())
    loaded = machine.load()

    assert loaded.settings == without
    assert {row.where for row in loaded.explain()} == {"default"}


@pytest.mark.parametrize("profile", SHIPPED_PROFILES)
def test_each_value_in_the_example_is_the_default(machine: Machine, profile: str) -> None:
    without = machine.load({"profile": profile})
    machine.here(defaults_written_out())
    loaded = machine.load({"profile": profile})

    assert loaded.settings == without.settings
    assert [row.value for row in loaded.explain()] == [row.value for row in without.explain()]


def test_every_setting_there_is_stands_in_the_example() -> None:
    written = set(toml_keys(tomli.loads(defaults_written_out())))
    profile_keys = set(field_names(ProfileSettingsTable)) - INHERITED

    assert set(table_keys(ConfigTable())) <= written
    assert {("profiles", name) for name in SHIPPED_PROFILES} <= written
    assert profile_keys <= {key[2] for key in written if len(key) > 2}


def test_the_profiles_shown_as_examples_of_ones_own_load(machine: Machine) -> None:
    own = "\n".join(re.findall(r"^#     (\[profiles.*|\w+ = .*)$", example_text(), re.MULTILINE))
    assert own.count("location =") == 3
    machine.here(own[own.index("[profiles") :])

    profiles = machine.load().settings.profiles

    assert profiles["live"].gateway.port == 7496
    assert profiles["live"].database_file == machine.cwd / "live.db"
    assert profiles["live"].keep_raw_replies == timedelta(days=90)
    assert profiles["colleague"].database_file == machine.cwd / "colleague.db"
    assert profiles["colleague"].source_file == Path("/srv/shared/futures.jsonl")


def test_the_databases_shown_as_examples_load(machine: Machine) -> None:
    shown = re.findall(r"^#     (location = .*)$", example_text(), re.MULTILINE)
    for line in shown:
        machine.here(f"[database]\n{line}")
        assert machine.load().settings.active.database
    assert len(shown) == 3


class TestInit:
    def test_it_writes_the_example_for_its_owner_alone_and_makes_the_folder(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "new" / "folder" / "config.toml"

        write_example(path)

        assert path.read_text(encoding="utf-8") == example_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [*path.parent.iterdir()] == [path]

    def test_it_refuses_to_replace_a_file_unless_asked_to(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("mine")

        with pytest.raises(ConfigError, match=r"exists already \(--force replaces it\)"):
            write_example(path)
        assert path.read_text() == "mine"

        write_example(path, force=True)
        assert path.read_text(encoding="utf-8") == example_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [*tmp_path.iterdir()] == [path]

    def test_it_does_not_write_through_a_dangling_link(self, tmp_path: Path) -> None:
        path, target = tmp_path / "config.toml", tmp_path / "elsewhere"
        path.symlink_to(target)

        with pytest.raises(ConfigError, match="exists already"):
            write_example(path)
        assert not target.exists()

    @pytest.mark.parametrize("force", [False, True])
    def test_it_says_why_it_can_not_write_and_leaves_nothing_behind(
        self, tmp_path: Path, force: bool
    ) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(ConfigError, match="can't be written"):
            write_example(tmp_path / "file" / "config.toml", force=force)
        assert [*tmp_path.iterdir()] == [tmp_path / "file"]

    @pytest.mark.parametrize("force", [False, True])
    def test_a_full_disk_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
    ) -> None:
        def disk_full(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        path = tmp_path / "config.toml"
        if force:
            path.write_text("mine")
        before = [*tmp_path.iterdir()]
        monkeypatch.setattr(os, "fsync", disk_full)

        with pytest.raises(ConfigError, match="No space left on device"):
            write_example(path, force=force)
        assert [*tmp_path.iterdir()] == before
        assert not force or path.read_text() == "mine"

    def test_a_folder_of_that_name_is_not_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").mkdir()

        with pytest.raises(ConfigError, match="can't be written"):
            write_example(tmp_path / "config.toml", force=True)
        assert [*tmp_path.iterdir()] == [tmp_path / "config.toml"]
