"""Entries for cron, systemd and launchd: each is ready to use, with what to know of it."""

from __future__ import annotations

import plistlib
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import TZPATH

from ibkr_sync.domain.runs.reset_windows import RESET_WINDOWS, ResetTime, ResetWindow, met_windows
from ibkr_sync_cli.scheduled_call import DATABASE_VARIABLE, ScheduledCall

LABEL = "ibkr-sync-refresh"
LONGEST_CRON_LINE = 990
"""Vixie cron takes commands of up to 1000 characters."""

SERVICE_HEADING = f"# ----- ~/.config/systemd/user/{LABEL}.service"
TIMER_HEADING = f"# ----- ~/.config/systemd/user/{LABEL}.timer"

_WIDTH = 78
_TO_TYPE = "$ "
_GRACE = timedelta(minutes=5)
_NIGHTS_OF_CHANGES = 2
"""A time that one zone skips is seen differently once or twice a year by any clock."""

_FIRST_UNSAFE_HOUR, _FIRST_SAFE_HOUR = 1, 3
_PLAIN_WORD = re.compile(r"[A-Za-z0-9@:=,./_+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A call, and when to make it.

    Attributes:
        local: the time that this machine's clock shows then on most days of the year.
        exceptions: the times that it shows on others, each with the number of days.
        clock: what this machine's clock is called.
        changes_clocks: whether it goes forward and back in the course of the year.
        knows_zone: whether programs of this machine, such as `date`, know the zone of `daily`.
        today: the day from which the year counts.
    """

    call: ScheduledCall
    daily: ResetTime
    local: time
    exceptions: tuple[tuple[time, int], ...]
    clock: str
    changes_clocks: bool
    today: date
    knows_zone: bool = True

    @property
    def is_tried(self) -> bool:
        """Whether cron tries several times of the day, of which a test lets one through."""
        return bool(self.exceptions) and self.knows_zone

    @classmethod
    def here(cls, call: ScheduledCall, daily: ResetTime, today: date) -> Schedule:
        """The schedule on this machine."""
        (local, _), *others = daily.seen_by(today, datetime.astimezone).most_common()
        offsets = {day.astimezone().utcoffset() for day in daily.days(today)}
        clock = daily.on(today).astimezone().tzname() or "local time"
        return cls(
            call=call,
            daily=daily,
            local=local,
            exceptions=tuple(other for other in others if other[1] > _NIGHTS_OF_CHANGES),
            clock=clock,
            changes_clocks=len(offsets) > 1,
            today=today,
            knows_zone=any(Path(folder, daily.zone).is_file() for folder in TZPATH),
        )

    def met_windows(self, *, by_machine: bool) -> tuple[ResetWindow, ...]:
        """The windows that a run may meet; `by_machine` tells that this machine's clock decides."""
        starts = tuple(self.daily.days(self.today))
        if by_machine:
            starts = tuple(
                datetime.combine(start.date(), self.local).astimezone()  # the machine's own zone
                for start in starts
            )
        return met_windows(starts, self.call.deadline)


def crontab_schedule(schedule: Schedule) -> str:
    """Lines for `crontab -e`; raises ValueError when cron can't take them.

    Few crons know `CRON_TZ`. Where the two clocks change on different days, the time is tried at
    each hour that it may be here, and `date` lets the one through that it is there.
    """
    words = " ".join(map(shlex.quote, schedule.call.command))
    if schedule.call.folder is not None:
        words = f"cd {shlex.quote(str(schedule.call.folder))} && {words}"
    if schedule.call.environment_file is not None:
        file = shlex.quote(str(schedule.call.environment_file))
        words = f"set -a && . {file} && set +a && {words}"
    if schedule.is_tried:
        zone = shlex.quote(schedule.daily.zone)
        words = f'test "$(TZ={zone} date +%H)" = {schedule.daily.at:%H} && {words}'
    # cron takes a bare % for the end of the line, in quotes too.
    command = words.replace("%", r"\%")
    if len(command) > LONGEST_CRON_LINE:
        raise ValueError("the command is too long for cron; put the options into a config file")
    comments = [
        *_about(schedule, "the line that begins with a number", "crontab -e"),
        *_about_local_time(schedule, is_tried=schedule.is_tried),
        *_about_clock_changes(schedule),
        "cron mails what is written, critical events and failures: set MAILTO=you@example.com.",
    ]
    times = [schedule.local, *(at for at, _ in schedule.exceptions if schedule.is_tried)]
    lines = [
        f"{minute} {','.join(str(time.hour) for time in sorted(times) if time.minute == minute)}"
        f" * * * {command}"
        for minute in sorted({time.minute for time in times})
    ]
    return "\n".join([*_commented(comments), "SHELL=/bin/sh", *lines]) + "\n"


def systemd_schedule(schedule: Schedule) -> str:
    """A service and its timer, of the user, each below a line that names its file."""
    call = schedule.call
    comments = [
        *_about(schedule, "each part", "the file that is named above it"),
        "Then make it run, also while you are not logged in, and see what it wrote:",
        f"{_TO_TYPE}systemctl --user daemon-reload",
        f"{_TO_TYPE}systemctl --user enable --now {LABEL}.timer",
        f"{_TO_TYPE}loginctl enable-linger",
        f"{_TO_TYPE}journalctl --user -u {LABEL}",
    ]
    service = [
        SERVICE_HEADING,
        "[Unit]",
        "Description=Refresh the futures data of ibkr-sync",
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={' '.join(map(_systemd_word, call.command))}",
        *([f"WorkingDirectory={_systemd_path(call.folder)}"] if call.folder else []),
        *(
            [f"EnvironmentFile={_systemd_path(call.environment_file)}"]
            if call.environment_file
            else []
        ),
        f"TimeoutStartSec={int((call.deadline + _GRACE).total_seconds())}",
        "TimeoutStopSec=15",
        "UMask=0077",
    ]
    timer = [
        TIMER_HEADING,
        "[Unit]",
        f"Description=When to run {LABEL}",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {schedule.daily.at:%H:%M}:00 {schedule.daily.zone}",
        "Persistent=true",
        "AccuracySec=1min",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join([*_commented(comments), "", *service, "", *timer]) + "\n"


def launchd_schedule(schedule: Schedule) -> str:
    """A launch agent of the user."""
    call = schedule.call
    arguments = list(call.command)
    if call.environment_file is not None:
        file, words = shlex.quote(str(call.environment_file)), map(shlex.quote, call.command)
        arguments = ["/bin/sh", "-c", f"set -a && . {file} && exec {' '.join(words)}"]
    agent: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": arguments,
        "StartCalendarInterval": {"Hour": schedule.local.hour, "Minute": schedule.local.minute},
        "StandardOutPath": f"{call.log_file}.stdout",
        "StandardErrorPath": f"{call.log_file}.stderr",
        "ProcessType": "Background",
        "Umask": 0o077,
    }
    if call.folder is not None:
        agent["WorkingDirectory"] = str(call.folder)
    place = f"~/Library/LaunchAgents/{LABEL}.plist"
    comments = [
        *_about(schedule, "all of this", place),
        "Then:",
        f"{_TO_TYPE}launchctl bootstrap gui/$(id -u) {place}",
        *_about_local_time(schedule),
        "What is due while the Mac sleeps is run when it wakes.",
    ]
    sentence = "\n".join(line.removeprefix("# ") for line in _commented(comments))
    # Two hyphens would end the comment.
    comment = "<!--\n" + re.sub("-(?=-)", "- ", sentence) + "\n-->\n"
    document = plistlib.dumps(agent, sort_keys=False).decode()
    head, tag, body = document.partition("<plist")
    return head + comment + tag + body


def _about(schedule: Schedule, what: str, place: str) -> Iterator[str]:
    """What to know whatever the scheduler is."""
    yield f"Refreshes every day at {schedule.daily}. Put {what} into {place}."
    file = schedule.call.environment_file
    if file is not None:
        yield (
            "The database URL has a password, so it is not here. Write the file below, readable"
            f" by you alone (mode 0600), with the one line {DATABASE_VARIABLE}='postgresql://...'"
        )
        yield f"{_TO_TYPE}{file}"
    yield (
        "IBKR resets its servers every night, at times that differ by region and that sources"
        " give differently: " + "; ".join(map(str, RESET_WINDOWS)) + "."
    )
    yield (
        "On Sundays at 01:00 New York time the login itself expires: until somebody logs in"
        " with the second factor, runs fail."
    )


def _about_local_time(schedule: Schedule, *, is_tried: bool = False) -> Iterator[str]:
    """What a scheduler makes of the time that knows this machine's clock alone."""
    sentence = (
        f"{schedule.daily} is {schedule.local:%H:%M} on this machine's clock ({schedule.clock})"
    )
    exceptions = ", ".join(
        f"{exception:%H:%M} on {days} days" for exception, days in schedule.exceptions
    )
    if exceptions:
        sentence += f", but {exceptions} a year, as the two zones change their clocks apart"
        sentence += ": each is tried, and `date` lets the right one through" if is_tried else ""
    yield sentence + ". A machine that moves to another zone needs a new entry."


def _about_clock_changes(schedule: Schedule) -> Iterator[str]:
    if schedule.changes_clocks and _FIRST_UNSAFE_HOUR <= schedule.local.hour < _FIRST_SAFE_HOUR:
        yield (
            "In the nights the clocks change, cron skips or repeats what is due from 01:00 to"
            " 03:00: another --at is better."
        )
    if schedule.is_tried and schedule.daily.is_changed(schedule.today):
        yield (
            f"In the nights {schedule.daily.zone} changes its clocks, {schedule.daily.at:%H:%M} is"
            " skipped or comes twice there, and with it the refresh: another --at is better."
        )


def _commented(texts: list[str]) -> Iterator[str]:
    for text in texts:
        if text.startswith(_TO_TYPE):
            yield f"#   {text.removeprefix(_TO_TYPE)}"
            continue
        yield from textwrap.wrap(
            text,
            _WIDTH,
            initial_indent="# ",
            subsequent_indent="#   ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _systemd_word(word: str) -> str:
    """A word of ExecStart: quoted where needed, with % and $ doubled."""
    literal = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN_WORD.fullmatch(literal):
        return literal
    escaped = literal.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _systemd_path(path: object) -> str:
    """A path that stands alone, which is not unquoted."""
    return str(path).replace("%", "%%")
