"""What a machine offers is found without a failure, and without repeating what is written there."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import pytest

from ibkr_sync.infrastructure.machine import probe_python, probe_schedules, probe_time_zones

ENTRY = "30 18 * * * /opt/bin/ibkr-sync --database postgresql://u:secret@h/d --quiet refresh\n"


def crontab(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "crontab"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_entries_are_found_wherever_a_scheduler_of_the_user_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crontab(tmp_path, monkeypatch, f"echo '{ENTRY}'")
    units, agents = tmp_path / ".config/systemd/user", tmp_path / "Library/LaunchAgents"
    for folder, name, text in (
        (units, "nightly.service", "[Service]\nExecStart=/opt/bin/ibkr-sync refresh\n"),
        (units, "other.service", "# ibkr-sync refresh\n[Service]\nExecStart=/bin/true\n"),
        (agents, "night.plist", "<string>ibkr_sync_cli</string><string>refresh</string>"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    found = probe_schedules(tmp_path)

    assert found[:3] == ("crontab", str(units / "nightly.service"), str(agents / "night.plist"))


@pytest.mark.parametrize("script", ["exit 1", f"echo '# {ENTRY}'", "printf '\\377\\376'"])
def test_without_an_entry_none_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    crontab(tmp_path, monkeypatch, script)
    (tmp_path / ".config").write_text("no folder")
    assert "crontab" not in probe_schedules(tmp_path)


def test_a_zone_database_that_lacks_zones_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = probe_time_zones()
    assert facts.missing == ()
    assert facts.known >= 15
    some = zoneinfo.available_timezones() - {"America/Chicago"}
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: some)
    assert probe_time_zones().missing == ("America/Chicago",)


def test_python_is_named() -> None:
    facts = probe_python()
    assert facts.version.split()[1].startswith("3.")
    assert facts.is_posix
