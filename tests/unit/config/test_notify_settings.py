"""Who is notified: what may be set, where, and what of it is ever shown."""

from __future__ import annotations

import pytest

from unit.config.machine import Machine

URL = "https://hc-ping.com/0000-secret"


def shown(machine: Machine) -> dict[str, str | None]:
    return {row.key: row.value for row in machine.load().explain() if row.key.startswith("notify.")}


def test_nobody_is_notified_unless_it_is_set(machine: Machine) -> None:
    machine.user("")
    notify = machine.load().settings.notify
    assert (notify.ping_url, notify.command, notify.severity) == (None, (), "critical")


def test_what_is_secret_of_it_is_never_shown(machine: Machine) -> None:
    machine.user(
        f'[notify]\nping_url = "{URL}"\ncommand = ["curl", "-H", "Bearer x"]\nseverity = "info"'
    )
    notify = machine.load().settings.notify
    assert (notify.ping_url, notify.command) == (URL, ("curl", "-H", "Bearer x"))
    assert shown(machine) == {
        "notify.ping_url": "https://hc-ping.com/***",
        "notify.command": "curl ***",
        "notify.severity": "info",
        "notify.timeout": "10",
    }
    assert "secret" not in repr(machine.load())
    assert "Bearer" not in repr(machine.load())


@pytest.mark.parametrize(
    "wrong",
    [
        *('ping_url = "ftp://host/secret"', 'ping_url = "https:///secret"'),
        *('ping_url = "file:///etc/secret"', 'ping_url = "https://host/secret?q"'),
        *('ping_url = "https://host/a secret"', 'command = "curl"', 'command = [""]'),
        *("command = [1]", 'command = ["~secret/bin/x"]', 'command = ["bin/"]'),
        *('ping_url = "https://host:99999/secret"', 'ping_url = "https://host:secret"'),
        *('ping_url = "https://user:secret@host/x"', 'ping_url = "https://secret@host"'),
        *('ping_url = "https://[::1/secret"', 'ping_url = "https://a..secret/x"'),
        'ping_url = "https://host:0/secret"',
        *('severity = "grave"', "timeout = 0"),
    ],
)
def test_what_can_not_be_used_is_refused_without_repeating_secrets(
    machine: Machine, wrong: str
) -> None:
    machine.user(f"[notify]\n{wrong}")
    problem = machine.problem()
    assert wrong.split(maxsplit=1)[0] in str(problem)
    assert "secret" not in str(problem)


def test_a_command_s_paths_are_those_of_its_file_and_of_the_home(machine: Machine) -> None:
    file = machine.user('[notify]\ncommand = ["~/bin/alert", "~/topic", "~", "a/b"]')
    home = str(machine.home)
    assert machine.load().settings.notify.command == (
        f"{home}/bin/alert",
        *(f"{home}/topic", "~", "a/b"),
    )
    machine.user('[notify]\ncommand = ["./alert"]')
    assert machine.load().settings.notify.command == (str(file.parent / "alert"),)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ('[""]', "a list of a program and its arguments: the program's name is empty"),
        (r'["a", "\u0000"]', "a list of a program and its arguments: one of them holds a NUL"),
        ("[1]", "a list of a program and its arguments: one of them is no text"),
        ("7", "a list of a program and its arguments, not 7: it is no list"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(machine: Machine, command: str, problem: str) -> None:
    machine.user(f"[notify]\ncommand = {command}")
    assert f"must be {problem}" in str(machine.problem())


def test_a_folder_that_one_enters_runs_no_program_and_is_reported_nothing(machine: Machine) -> None:
    here = machine.here(f'[notify]\nping_url = "{URL}"\ncommand = ["rm"]\nseverity = "info"')
    problems = machine.problems()
    assert [problem.key for problem in problems] == ["notify.ping_url", "notify.command"]
    assert "--config" in str(problems[0])
    assert machine.load({"config": str(here)}).settings.notify.command == ("rm",)
