"""What is wrong is told at once, in our own words, with the place and what may be meant."""

from __future__ import annotations

import pytest

from ibkr_sync.config.loading import check_settings
from ibkr_sync.domain.errors import ConfigProblem
from unit.config.machine import Machine, write


def test_everything_wrong_in_all_files_the_environment_and_the_options_is_reported_at_once(
    machine: Machine,
) -> None:
    here = machine.here('profile = "ibrk"\n[gateway]\nport = 70000\nhots = "x"')
    user = machine.user('[profiles.live]\nreplay = "other"')

    problems = machine.problems(
        {"source": "ibk"}, {"IBKR_SYNC_CLIENT_ID": "one", "IBKR_SYNC_DATABASE": "mysql://h/d"}
    )

    assert {(problem.source, problem.key) for problem in problems} == {
        (f"{here}:1", "profile"),
        (f"{here}:3", "gateway.port"),
        (f"{here}:4", "gateway.hots"),
        (f"{user}:2", "profiles.live.replay"),
        (f"{user}:1", "profiles.live"),
        ("command line", "--source"),
        ("environment", "IBKR_SYNC_CLIENT_ID"),
        ("environment", "IBKR_SYNC_DATABASE"),
    }


@pytest.mark.parametrize("option", ["database", "log_file", "config"])
def test_an_empty_option_is_no_way_to_the_default_place(machine: Machine, option: str) -> None:
    machine.user('database = "a.db"\n[log]\nfile = "a.log"')

    problem = machine.problem({option: ""})

    assert (problem.source, problem.key) == ("command line", "--" + option.replace("_", "-"))
    assert problem.message.endswith('not "": it names no file')


def test_a_file_that_is_no_toml_does_not_hide_the_problems_of_the_other(machine: Machine) -> None:
    here = machine.here("profile = ibkr")
    user = machine.user("[gateway]\nport = 0")

    problems = machine.problems({"profile": "defined-in-the-broken-file"})

    assert [str(problem) for problem in problems] == [
        f"{here}:1:11: is not valid TOML: Invalid value",
        f"{user}:2: gateway.port: must be a port from 1 to 65535, not 0",
    ]


@pytest.mark.parametrize(
    ("toml", "key", "message"),
    [
        ("port = 1", "port", "there is no such setting (it belongs under [gateway])"),
        (
            "[gateway]\nprot = 1",
            "gateway.prot",
            'there is no such setting (did you mean "port"?)',
        ),
        (
            "[gatway]\nport = 1",
            "gatway",
            'there is no such setting (did you mean "gateway"?)',
        ),
        (
            "hots = 1",
            "hots",
            'there is no such setting (did you mean "host" under [gateway]?)',
        ),
        ("zzzzzz = 1", "zzzzzz", "there is no such setting"),
        (
            "[profiles.ibkr]\ndatabas = 1",
            "profiles.ibkr.databas",
            'there is no such setting (did you mean "database"?)',
        ),
        ('[gateway]\nport = "1"', "gateway.port", 'must be a port from 1 to 65535, not "1"'),
        ("[gateway]\nport = true", "gateway.port", "must be a port from 1 to 65535, not true"),
        ("[gateway]\nport = 65536", "gateway.port", "must be a port from 1 to 65535, not 65536"),
        (
            "[gateway]\nmessages_per_second = 50",
            "gateway.messages_per_second",
            "must be a whole number from 1 to 49, not 50",
        ),
        (
            "[gateway]\nidle_timeout = nan",
            "gateway.idle_timeout",
            "must be a number of seconds above 0, at most 86400, not nan",
        ),
        (
            "[gateway]\nrun_timeout = 0",
            "gateway.run_timeout",
            "must be a number of seconds above 0, at most 86400, not 0",
        ),
        (
            '[gateway]\nhost = "tws:1"',
            "gateway.host",
            'must be a host name or an IP address, not "tws:1": the port is a setting of its own',
        ),
        ("gateway = 7496", "gateway", "must be a table, not 7496"),
        ("profiles = []", "profiles", "must be a table, not a list"),
        ("profile.ibkr = {}", "profile", None),
        (
            '[output]\nformat = "jsno"',
            "output.format",
            'must be auto, table, json, jsonl, csv or tsv, not "jsno" (did you mean "json"?)',
        ),
        (
            '[profiles.ibkr]\nsource = "file:"',
            "profiles.ibkr.source",
            'must be local, ibkr or file:PATH, not "file:": it names no file',
        ),
        (
            '[profiles."my own"]\ndatabase = "a.db"',
            'profiles."my own"',
            "a profile's name must be letters, digits, - and _, at most 32",
        ),
        (
            "[profiles.live.gateway]\nport = 7496",
            "profiles.live",
            'the profile has no source (add source = "ibkr", "local" or "file:PATH")',
        ),
        (
            "[profiles.demo.gateway]\nport = 7496",
            "profiles.demo.gateway.port",
            "a replay gateway picks its own host and port",
        ),
        (
            'profile = "paper"',
            "profile",
            'there is no profile "paper" (there are demo, ibkr, local)',
        ),
        (
            'profile = "libe"\n[profiles.live]\nsource = "ibkr"',
            "profile",
            'there is no profile "libe" (did you mean "live"?)',
        ),
        ("database = 2026-12-18", "database", None),
    ],
)
def test_a_problem_is_said_in_words_a_user_can_act_on(
    machine: Machine, toml: str, key: str, message: str | None
) -> None:
    here = machine.here(toml)

    problem = machine.problem()

    assert problem.source.startswith(f"{here}:")
    assert problem.key == key
    assert message is None or str(problem) == f"{problem.source}: {key}: {message}"


@pytest.mark.parametrize(
    ("flags", "environ", "source", "key"),
    [
        ({"port": "4_002"}, {}, "command line", "--port"),
        ({"client_id": -1}, {}, "command line", "--client-id"),
        ({"log_file": "logs/"}, {}, "command line", "--log-file"),
        ({"log_format": "xml"}, {}, "command line", "--log-format"),
        ({"format": "xml"}, {}, "command line", "--format"),
        ({"profile": "a b"}, {}, "command line", "--profile"),
        ({"profile": "demo", "host": "tws"}, {}, "command line", "--host"),
        ({"config": "a\nb"}, {}, "command line", "--config"),
        ({}, {"IBKR_SYNC_PROFILE": "ibrk"}, "environment", "IBKR_SYNC_PROFILE"),
        ({}, {"IBKR_SYNC_PORT": "٣"}, "environment", "IBKR_SYNC_PORT"),
        ({}, {"IBKR_SYNC_PORT": "9" * 50}, "environment", "IBKR_SYNC_PORT"),
        ({}, {"IBKR_SYNC_HOST": "a b"}, "environment", "IBKR_SYNC_HOST"),
        ({}, {"IBKR_HOST": "a/b"}, "environment", "IBKR_HOST"),
        ({}, {"IBKR_SYNC_CONFIG": "~x/c.toml"}, "environment", "IBKR_SYNC_CONFIG"),
    ],
)
def test_a_bad_option_or_variable_is_reported_by_its_name(
    machine: Machine, flags: dict[str, object], environ: dict[str, str], source: str, key: str
) -> None:
    problem = machine.problem(flags, environ)

    assert (problem.source, problem.key) == (source, key)


def test_a_bad_variable_of_other_programs_does_no_harm_where_ours_is_set(
    machine: Machine,
) -> None:
    loaded = machine.load({}, {"IBKR_PORT": "bad", "IBKR_SYNC_PORT": "7"})

    assert loaded.settings.active.gateway.port == 7


def test_an_option_that_is_none_of_ours_is_a_mistake_of_the_caller(machine: Machine) -> None:
    with pytest.raises(ValueError, match="colour"):
        machine.load({"colour": "red"})


@pytest.mark.parametrize(
    ("toml", "environ"),
    [
        ('database = "mysql://u:hunter2@h/db"', {}),
        ('database = ["postgresql://u:hunter2@h/db"]', {}),
        ("database = postgresql://u:hunter2@h/db", {}),
        ('[gateway]\nhost = "postgresql://u:hunter2@h/db"', {}),
        ('profile = "postgresql://u:hunter2@h/db"', {}),
        ('"postgresql://u:hunter2@h/db" = 1', {}),
        ('password = "hunter2"', {}),
        ("", {"IBKR_SYNC_DATABASE": "postgresql://u:hunter2@h:x/db?password=hunter2"}),
        ("", {"IBKR_SYNC_DATABASE": "postgresql:/u:hunter2@h/db"}),
        ("", {"IBKR_SYNC_DATABASE": "host=h password=hunter2"}),
        ("", {"IBKR_SYNC_PROFILE": "postgresql://u:hunter2@h/db"}),
        ("", {"IBKR_SYNC_LOG_FILE": "postgresql://u:hunter2@h/db/"}),
    ],
)
def test_no_problem_repeats_a_password(
    machine: Machine, toml: str, environ: dict[str, str]
) -> None:
    machine.here(toml)

    assert "hunter2" not in repr(machine.problems({}, environ))


class TestWarnings:
    TOML = 'database = "postgresql://u:hunter2@h/db"'

    def test_a_password_that_others_can_read_is_warned_of(self, machine: Machine) -> None:
        here = machine.here(self.TOML)
        here.chmod(0o640)

        (warning,) = machine.load().warnings

        assert warning == ConfigProblem(
            source=f"{here}:1",
            key="database",
            message="other users of this machine can read this password",
            suggestion=f"chmod 600 {here}",
        )

    def test_a_password_in_a_private_file_is_not_warned_of(self, machine: Machine) -> None:
        machine.here(self.TOML)

        assert machine.load().warnings == ()

    def test_a_public_file_without_a_password_is_not_warned_of(self, machine: Machine) -> None:
        machine.here('database = "postgresql://u@h/db"').chmod(0o644)

        assert machine.load().warnings == ()

    def test_a_misspelled_variable_is_warned_of_and_unrelated_ones_are_not(
        self, machine: Machine
    ) -> None:
        environ = {"IBKR_SYNC_PROT": "1", "IBKR_SYNC_LIVE": "h:1", "IBKR_TOKEN": "x"}

        (warning,) = machine.load({}, environ).warnings

        assert warning.key == "IBKR_SYNC_PROT"
        assert warning.suggestion == "did you mean IBKR_SYNC_PORT?"

    def test_warnings_are_reported_by_a_check_that_finds_problems_too(
        self, machine: Machine
    ) -> None:
        machine.here(self.TOML + "\nport = 1").chmod(0o644)

        check = check_settings({}, {}, machine.cwd, machine.folders)

        assert [problem.key for problem in check.problems] == ["port"]
        assert [warning.key for warning in check.warnings] == ["database"]


def test_a_profile_of_the_other_file_can_be_completed_here(machine: Machine) -> None:
    machine.user('[profiles.live]\nsource = "ibkr"')
    machine.here('profile = "live"\n[profiles.live.gateway]\nport = 7496')

    assert machine.load().settings.active.gateway.port == 7496


def test_only_the_named_file_is_checked(machine: Machine) -> None:
    machine.here("this is not TOML")
    write(machine.cwd / "good.toml", "")

    assert machine.load({"config": "good.toml"}).settings.profile == "local"
