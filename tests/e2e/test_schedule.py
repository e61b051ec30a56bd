"""Entries for schedulers: what is printed can be run, and acts on the same settings."""

from __future__ import annotations

import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.command_line import COMMAND, CommandLine
from e2e.gateways import sample_gateway
from ibkr_sync_cli.scheduled_call import program_of_call

BERLIN = {"TZ": "Europe/Berlin"}


def cron_command(text: str) -> str:
    """What cron would hand to the shell, at the right hour."""
    command = text.splitlines()[-1].split(" ", 5)[5].replace(r"\%", "%")
    return re.sub(r'^test "[^"]+" = \d\d &&', "true &&", command)


def as_cron_runs(ibkr_sync: CommandLine, command: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing of this call but the home, in the home."""
    return subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", command],
        env=ibkr_sync.environment(),
        cwd=ibkr_sync.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_line_for_cron_can_be_run_and_is_quiet(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "a b 100%"
    folder.mkdir()
    with sample_gateway() as gateway:
        env = {"IBKR_SYNC_PORT": str(gateway.port)}
        database = ("--database", folder / "own.db")
        first = ibkr_sync(*database, "get", "ES", "--source", "ibkr", env=env)
        printed = ibkr_sync(*database, "schedule", "--print", "cron", env=env)
        done = as_cron_runs(ibkr_sync, cron_command(printed.out))
    runs = ibkr_sync(*database, "runs", "--json").json["runs"]

    assert (first.code, printed.code, printed.err) == (0, 0, "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [(run["kind"], run["outcome"]) for run in runs] == [("refresh", "ok"), ("get", "ok")]
    assert (folder / "ibkr-sync.log").is_file()


def test_a_failure_is_all_that_cron_mails(ibkr_sync: CommandLine, stocked: Path) -> None:
    printed = ibkr_sync(
        *("--database", stocked, "schedule", "--print", "cron", "--deadline", "1s"),
        env={"IBKR_SYNC_PORT": "1"},
    )

    done = as_cron_runs(ibkr_sync, cron_command(printed.out))

    assert (done.returncode, done.stdout) == (3, "")
    assert "No gateway at 127.0.0.1:1" in done.stderr


def test_every_path_is_absolute_and_every_option_is_passed_on(ibkr_sync: CommandLine) -> None:
    (ibkr_sync.cwd / "own.toml").write_text("", encoding="utf-8")

    printed = ibkr_sync(
        *("-p", "ibkr", "--config", "own.toml", "--database", "own.db", "--log-file", "own.log"),
        *("schedule", "--print", "launchd", "--group", "Night", "--group", "day"),
        *("--stale", "20h", "--deadline", "90m", "--at", "05:15", "--time-zone", "Europe/Berlin"),
        env=BERLIN | {"IBKR_HOST": "gateway"},
    )
    agent = plistlib.loads(printed.out.encode())

    assert agent["ProgramArguments"] == [
        *(str(COMMAND), "--config", f"{ibkr_sync.cwd}/own.toml"),
        *("--database", f"{ibkr_sync.cwd}/own.db", "--profile", "ibkr"),
        *("--log-file", f"{ibkr_sync.cwd}/own.log", "--quiet"),
        *("refresh", "--host", "gateway", "--deadline", "90m", "--stale", "20h"),
        *("--group", "night", "--group", "day"),
    ]
    assert agent["StartCalendarInterval"] == {"Hour": 5, "Minute": 15}
    assert "WorkingDirectory" not in agent


def test_a_config_file_of_the_working_folder_is_found_again(ibkr_sync: CommandLine) -> None:
    ibkr_sync.configure('profile = "ibkr"')

    printed = ibkr_sync("schedule", "--print", "systemd")

    assert f"\nWorkingDirectory={ibkr_sync.cwd}\n" in printed.out
    assert " --profile ibkr " in printed.out


def test_the_time_is_reported_on_this_machine_s_clock(ibkr_sync: CommandLine) -> None:
    in_berlin = ibkr_sync("schedule", "--print", "cron", env=BERLIN)
    in_new_york = ibkr_sync("schedule", "--print", "cron", env={"TZ": "America/New_York"})
    systemd = ibkr_sync("schedule", "--print", "systemd", env=BERLIN)

    assert "\n30 0,23 * * * test " in in_berlin.out
    assert "23:30 on" in in_berlin.out
    assert "\n30 18 * * * " in in_new_york.out
    assert "days a year" not in " ".join(in_new_york.out.split())
    assert "\nOnCalendar=*-*-* 18:30:00 America/New_York\n" in systemd.out


@pytest.mark.parametrize("scheduler", ["cron", "systemd", "launchd"])
@pytest.mark.parametrize("given", ["option", "variable"])
def test_a_password_is_never_printed(ibkr_sync: CommandLine, scheduler: str, given: str) -> None:
    url = "postgresql://me:hunter2@db/futures"
    options = ("--database", url) if given == "option" else ()
    env = {"IBKR_SYNC_DATABASE": url} if given == "variable" else {}

    printed = ibkr_sync(*options, "schedule", "--print", scheduler, env=env)

    assert printed.code == 0
    assert "hunter2" not in printed.out + printed.err
    assert "IBKR_SYNC_DATABASE='postgresql://...'" in printed.out
    assert "schedule.env" in printed.out
    assert "0600" in printed.out
    assert not any(ibkr_sync.home.iterdir())


def test_the_secret_is_read_from_its_file(ibkr_sync: CommandLine) -> None:
    env = {"IBKR_SYNC_DATABASE": "postgresql://me:hunter2@127.0.0.1:1/futures"}
    printed = ibkr_sync("schedule", "--print", "cron", env=env)
    file = ibkr_sync.home / ".config" / "ibkr-sync" / "schedule.env"
    file.parent.mkdir(parents=True)
    file.write_text("IBKR_SYNC_DATABASE='postgresql://me:other%21@127.0.0.1:1/futures'\n")

    done = as_cron_runs(ibkr_sync, cron_command(printed.out))

    assert done.returncode == 7
    assert "postgresql://me:***@127.0.0.1:1/futures" in done.stderr
    assert "other" not in done.stderr


def test_a_time_at_which_ibkr_resets_is_warned_of(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("schedule", "--print", "cron", "--at", "00:30", env=BERLIN)

    assert done.code == 0
    assert "warning: 00:30 America/New_York may meet a reset of IBKR's servers" in done.message
    assert ibkr_sync("schedule", "--print", "cron", env=BERLIN).err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "ibkr-sync schedule needs --print."),
        (["--print", "at"], "'at' is none of cron, systemd, launchd"),
        (["--print", "cron", "--at", "25:00"], "'25:00' is no time; write 18:30"),
        (["--print", "cron", "--time-zone", "Mars/X"], "'Mars/X' is no time zone"),
        (["--print", "cron", "--time-zone", "../../etc/passwd"], "is no time zone"),
        (["--print", "cron", "--deadline", "0m"], "longer than nothing"),
        (["--print", "cron", "--group", "a b"], "'a b' is no group"),
    ],
)
def test_what_makes_no_schedule_is_refused(
    ibkr_sync: CommandLine, arguments: list[str], message: str
) -> None:
    done = ibkr_sync("schedule", *arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.message


def test_a_module_is_called_by_its_interpreter() -> None:
    assert program_of_call("/lib/ibkr_sync_cli/__main__.py") == (
        sys.executable,
        "-m",
        "ibkr_sync_cli",
    )
    assert program_of_call(str(COMMAND)) == (str(COMMAND),)
