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
        "command = [1]",
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


def test_a_folder_that_one_enters_runs_no_program_and_is_reported_nothing(machine: Machine) -> None:
    here = machine.here(f'[notify]\nping_url = "{URL}"\ncommand = ["rm"]\nseverity = "info"')
    problems = machine.problems()
    assert [problem.key for problem in problems] == ["notify.ping_url", "notify.command"]
    assert "--config" in str(problems[0])
    assert machine.load({"config": str(here)}).settings.notify.command == ("rm",)
