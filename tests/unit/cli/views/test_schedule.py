"""Entries for schedulers: each is read back as its scheduler would, whatever is in the words."""

from __future__ import annotations

import configparser
import dataclasses
import plistlib
import shlex
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import tzset
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.runs.reset_windows import ResetTime
from ibkr_sync_cli.scheduled_call import ScheduledCall
from ibkr_sync_cli.views.schedule import (
    LONGEST_CRON_LINE,
    SERVICE_HEADING,
    TIMER_HEADING,
    Schedule,
    crontab_schedule,
    launchd_schedule,
    systemd_schedule,
)
from one_case import one_case

PROGRAM = ("/opt/venv/bin/ibkr-sync", "--profile", "ibkr", "--quiet", "refresh")
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=30)
GUARD = ("test", "$(TZ=America/New_York date +%H)", "=", "04", "&&")
ODD = ("/a b/100%$HOME/`x`", 'it\'s "q" \\ %h $$', "-", "")


def schedule(*more: str, folder: Path | None = None, secret: Path | None = None) -> Schedule:
    return Schedule(
        call=ScheduledCall(
            command=(*PROGRAM, *more),
            folder=folder,
            environment_file=secret,
            log_file=Path("/var/log/ibkr sync.log"),
            deadline=timedelta(minutes=45),
        ),
        daily=ResetTime(at=time(4, 30), zone="America/New_York"),
        local=time(10, 30),
        exceptions=((time(9, 30), 21),),
        clock="CET",
        changes_clocks=True,
        today=date(2026, 11, 23),
    )


def cron_entry(text: str) -> tuple[list[str], list[str]]:
    """The five fields, and the words that the shell gets, as cron and a shell read them."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    shell, entry = lines
    assert shell == "SHELL=/bin/sh"
    fields = entry.split(" ", 5)
    command = fields.pop()
    assert "%" not in command.replace(r"\%", "")
    return fields, shlex.split(command.replace(r"\%", "%"))


def units(text: str) -> tuple[configparser.ConfigParser, configparser.ConfigParser]:
    """Service and timer, as systemd reads them."""
    _, rest = text.split(SERVICE_HEADING)
    parsed = []
    for part in rest.split(TIMER_HEADING):
        parser = configparser.ConfigParser(interpolation=None, delimiters="=")
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # as systemd has it
        parser.read_string(part)
        parsed.append(parser)
    return parsed[0], parsed[1]


def systemd_words(text: str) -> list[str]:
    assert "%" not in text.replace("%%", "")
    return shlex.split(text.replace("%%", "%").replace("$$", "$"))


# --- cron


def test_a_crontab_has_five_fields_and_the_command() -> None:
    fields, words = cron_entry(crontab_schedule(schedule()))

    assert fields == ["30", "9,10", "*", "*", "*"]
    assert words == [*GUARD, *PROGRAM]


def test_one_hour_of_the_day_needs_no_test_in_a_crontab() -> None:
    for entry in (
        dataclasses.replace(schedule(), exceptions=()),
        dataclasses.replace(schedule(), knows_zone=False),
    ):
        assert cron_entry(crontab_schedule(entry)) == (["30", "10", "*", "*", "*"], [*PROGRAM])


@pytest.mark.parametrize("here", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_a_crontab_runs_once_a_day_at_its_time_in_winter_and_summer(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", here)
    tzset()
    daily = ResetTime(at=time(18, 30), zone="America/New_York")
    printed = crontab_schedule(Schedule.here(schedule().call, daily, date(2026, 11, 23)))
    (minute, hours, *_), words = cron_entry(printed)
    is_tested = words[: len(GUARD)] != [*PROGRAM][: len(GUARD)]

    for day in (date(2026, 1, 20), date(2026, 7, 20), date(2026, 10, 28), date(2026, 3, 20)):
        started = [
            tried
            for hour in hours.split(",")
            for tried in [datetime.combine(day, time(int(hour), int(minute)), ZoneInfo(here))]
            if not is_tested or tried.astimezone(ZoneInfo(daily.zone)).hour == daily.at.hour
        ]
        assert [f"{moment.astimezone(ZoneInfo(daily.zone)):%H:%M}" for moment in started] == [
            "18:30"
        ]


@given(st.lists(WORDS, max_size=4))
def test_a_crontab_keeps_every_word(words: list[str]) -> None:
    line = crontab_schedule(schedule(*ODD, *words))
    assert cron_entry(line)[1] == [*GUARD, *PROGRAM, *ODD, *words]


def test_a_crontab_goes_to_the_folder_and_reads_the_secrets_first() -> None:
    text = crontab_schedule(schedule(folder=Path("/home/me/my sync"), secret=Path("/etc/a b.env")))

    words = cron_entry(text)[1]
    assert words[len(GUARD) : -len(PROGRAM)] == [
        *("set", "-a", "&&", ".", "/etc/a b.env", "&&", "set", "+a", "&&"),
        *("cd", "/home/me/my sync", "&&"),
    ]
    assert "0600" in text


def test_what_cron_would_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        crontab_schedule(schedule("x" * LONGEST_CRON_LINE))


# --- systemd


def test_units_hold_what_systemd_needs() -> None:
    service, timer = units(systemd_schedule(schedule()))

    assert service["Service"]["Type"] == "oneshot"
    assert systemd_words(service["Service"]["ExecStart"]) == [*PROGRAM]
    assert int(service["Service"]["TimeoutStartSec"]) > timedelta(minutes=45).total_seconds()
    assert timer["Timer"]["OnCalendar"] == "*-*-* 04:30:00 America/New_York"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


@given(st.lists(WORDS, max_size=4))
def test_a_unit_keeps_every_word(words: list[str]) -> None:
    service, _ = units(systemd_schedule(schedule(*ODD, *words)))

    assert systemd_words(service["Service"]["ExecStart"]) == [*PROGRAM, *ODD, *words]


def test_a_unit_names_the_folder_and_the_secrets() -> None:
    service, _ = units(
        systemd_schedule(schedule(folder=Path("/my sync/50%"), secret=Path("/etc/a b.env")))
    )

    assert service["Service"]["WorkingDirectory"] == "/my sync/50%%"
    assert service["Service"]["EnvironmentFile"] == "/etc/a b.env"


# --- launchd


@given(st.lists(WORDS, max_size=4))
def test_an_agent_keeps_every_word(words: list[str]) -> None:
    agent = plistlib.loads(launchd_schedule(schedule(*ODD, *words)).encode())

    assert agent["ProgramArguments"] == [*PROGRAM, *ODD, *words]


def test_an_agent_holds_what_launchd_needs() -> None:
    agent = plistlib.loads(launchd_schedule(schedule(folder=Path("/my sync"))).encode())

    assert agent["Label"] == "ibkr-sync-refresh"
    assert agent["StartCalendarInterval"] == {"Hour": 10, "Minute": 30}
    assert agent["WorkingDirectory"] == "/my sync"
    assert agent["StandardErrorPath"] == "/var/log/ibkr sync.log.stderr"


def test_an_agent_reads_the_secrets_in_a_shell() -> None:
    agent = plistlib.loads(launchd_schedule(schedule("a b", secret=Path("/etc/a b.env"))).encode())

    shell, option, line = agent["ProgramArguments"]
    assert (shell, option) == ("/bin/sh", "-c")
    assert shlex.split(line) == [
        *("set", "-a", "&&", ".", "/etc/a b.env", "&&", "exec"),
        *PROGRAM,
        "a b",
    ]


# --- what to know of it


@one_case("write", [crontab_schedule, systemd_schedule, launchd_schedule])
def test_the_caveats_are_reported_whatever_the_scheduler(write: object) -> None:
    assert callable(write)
    message = " ".join(write(schedule()).replace("#", " ").split())

    assert "IBKR resets its servers every night" in message
    assert "Europe 05:45-07:45 Zurich time" in message
    assert "second factor" in message


@one_case("write", [crontab_schedule, launchd_schedule])
def test_what_the_machine_s_clock_makes_of_it_is_reported(write: object) -> None:
    assert callable(write)
    message = " ".join(write(schedule()).replace("#", " ").split())
    plain = " ".join(
        write(dataclasses.replace(schedule(), exceptions=())).replace("#", " ").split()
    )

    assert "is 10:30 on this machine's clock (CET), but 09:30 on 21 days a year" in message
    assert ("each is tried" in message) is (write is crontab_schedule)
    assert "is 10:30 on this machine's clock (CET). A machine" in plain


def test_a_window_that_the_run_may_meet_is_reported() -> None:
    late = dataclasses.replace(schedule(), daily=ResetTime(at=time(0, 30), zone="America/New_York"))

    assert "North America" in {window.region for window in late.met_windows(by_machine=False)}


def test_only_the_clock_that_decides_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    tzset()
    midnight_in_new_york = dataclasses.replace(schedule(), local=time(5))

    assert midnight_in_new_york.met_windows(by_machine=False) == ()
    assert midnight_in_new_york.met_windows(by_machine=True) != ()


@one_case(
    ("at", "zone", "is_reported"),
    [
        (time(2, 30), "Europe/Berlin", True),
        (time(3), "Europe/Berlin", False),
        (time(1, 59), "Europe/Berlin", False),
        (time(1, 30), "America/New_York", True),  # which comes twice
        (time(2), "America/New_York", True),  # which is skipped
        (time(2, 30), "Asia/Tokyo", False),
    ],
)
def test_a_time_that_its_own_zone_skips_or_repeats_is_reported_where_cron_tests_for_it(
    at: time, zone: str, is_reported: bool
) -> None:
    tried = dataclasses.replace(schedule(), daily=ResetTime(at=at, zone=zone), local=time(10, 30))
    not_tried = dataclasses.replace(tried, exceptions=())
    assert ("comes twice there" in crontab_schedule(tried).replace("\n#  ", "")) is is_reported
    assert "twice" not in crontab_schedule(not_tried)


@one_case(
    ("local", "changes_clocks", "is_reported"),
    [
        (time(2, 30), True, True),
        (time(1), True, True),
        (time(2, 30), False, False),
        (time(3), True, False),
        (time(0, 59), True, False),
    ],
)
def test_cron_is_said_to_skip_or_repeat_only_where_it_may(
    local: time, changes_clocks: bool, is_reported: bool
) -> None:
    entry = crontab_schedule(
        dataclasses.replace(schedule(), local=local, changes_clocks=changes_clocks)
    )
    assert ("skips or repeats" in entry) is is_reported
