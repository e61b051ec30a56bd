"""The settings of the database: a table, or a text that is its location alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ibkr_sync.config.settings import ProfileSettings
from ibkr_sync.domain.errors import ConfigProblem
from unit.config.machine import Machine

URL = "postgresql://u:hunter2@h/db"


def shown(machine: Machine, **flags: object) -> dict[str, tuple[str | None, str]]:
    """What `config show` prints of the database."""
    rows = machine.load(flags).explain()
    return {row.key: (row.value, row.where) for row in rows if row.key.startswith("database")}


def profile(machine: Machine, name: str) -> ProfileSettings:
    return machine.load().settings.profiles[name]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("30d", timedelta(days=30)),
        ("12w", timedelta(days=84)),
        ("36h", timedelta(hours=36)),
        ("0d", timedelta(0)),
        ("36500d", timedelta(days=36_500)),
        ("forever", None),
    ],
)
def test_raw_replies_are_kept_for_a_span_or_for_ever(
    machine: Machine, written: str, kept: timedelta | None
) -> None:
    here = machine.here(f'[database]\nkeep_raw_replies = "{written}"')

    assert machine.load().settings.active.keep_raw_replies == kept
    assert shown(machine)["database.keep_raw_replies"] == (written, f"{here}:2")


def test_by_default_they_are_kept_for_three_months(machine: Machine) -> None:
    assert machine.load().settings.active.keep_raw_replies == timedelta(days=90)
    assert shown(machine)["database.keep_raw_replies"] == ("90d", "default")


def test_a_profile_has_its_own_and_takes_what_it_does_not_set_from_what_is_shared(
    machine: Machine,
) -> None:
    machine.user('[database]\nlocation = "shared.db"\nkeep_raw_replies = "90d"')
    machine.here(
        '[profiles.ibkr.database]\nlocation = "own.db"\n'
        '[profiles.local.database]\nkeep_raw_replies = "forever"\n'
        '[profiles.old]\nsource = "local"\ndatabase = "old.db"'
    )

    ibkr, local, old, demo = (profile(machine, name) for name in ("ibkr", "local", "old", "demo"))

    assert (ibkr.database_file, ibkr.keep_raw_replies) == (
        machine.cwd / "own.db",
        timedelta(days=90),
    )
    assert local.database_file == machine.folders.config / "shared.db"
    assert local.keep_raw_replies is None
    assert (old.database_file, old.keep_raw_replies) == (
        machine.cwd / "old.db",
        timedelta(days=90),
    )
    assert demo.database_file == machine.folders.data / "demo.db"


def test_a_text_in_one_file_and_a_table_in_the_other_are_merged(machine: Machine) -> None:
    user = machine.user('database = "a.db"')
    here = machine.here('[database]\nkeep_raw_replies = "12w"')

    assert shown(machine) == {
        "database": (str(machine.folders.config / "a.db"), f"{user}:1"),
        "database.keep_raw_replies": ("12w", f"{here}:2"),
    }


def test_the_option_sets_the_location_alone(machine: Machine) -> None:
    here = machine.here('database = { location = "a.db", keep_raw_replies = "30d" }')

    assert shown(machine, database="b.db") == {
        "database.location": (str(machine.cwd / "b.db"), "--database"),
        "database.keep_raw_replies": ("30d", f"{here}:1"),
    }


def test_a_text_in_a_profile_is_shown_by_the_line_it_stands_on(machine: Machine) -> None:
    here = machine.here('\n[profiles.local]\ndatabase = "own.db"\n')

    assert shown(machine)["database"] == (str(machine.cwd / "own.db"), f"{here}:3")


NO_SPAN = "must be a duration as 90d or 12w, or forever, not"
NO_DATABASE = "must be a file, or a URL starting with postgresql:// or sqlite:///, not"


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        (
            '[database]\nkeep_raw_replies = "3x"',
            (
                f'2: database.keep_raw_replies: {NO_SPAN} "3x": '
                "it is no duration; write 90m, 20h, 7d or 12w"
            ),
        ),
        (
            '[profiles.ibkr.database]\nkeep_raw_replies = "36501d"',
            (
                f'2: profiles.ibkr.database.keep_raw_replies: {NO_SPAN} "36501d": '
                "it is too long; it takes at most 36500d"
            ),
        ),
        (
            '[database]\nkeep_raw_replies = ""',
            (
                f'2: database.keep_raw_replies: {NO_SPAN} "": '
                "it is no duration; write 90m, 20h, 7d or 12w"
            ),
        ),
        ("[database]\nkeep_raw_replies = 90", f"2: database.keep_raw_replies: {NO_SPAN} 90"),
        (
            '[database]\nkeep_replies = "90d"',
            '2: database.keep_replies: there is no such setting (did you mean "keep_raw_replies"?)',
        ),
        (
            'keep_raw_replies = "90d"',
            "1: keep_raw_replies: there is no such setting (it belongs under [database])",
        ),
        (
            '[database]\nlocation = "a/"',
            f'2: database.location: {NO_DATABASE} "a/": it names no file',
        ),
        ("database = 5", f"1: database: {NO_DATABASE} 5"),
        (
            '[profiles.ibkr]\ndatabase = "a/"',
            f'2: profiles.ibkr.database: {NO_DATABASE} "a/": it names no file',
        ),
        ("[[database]]", f"1: database: {NO_DATABASE} a list"),
    ],
)
def test_a_problem_names_the_key_as_it_is_written(
    machine: Machine, toml: str, problem: str
) -> None:
    here = machine.here(toml)

    assert str(machine.problem()) == f"{here}:{problem}"


@pytest.mark.parametrize(
    ("toml", "place", "key"),
    [
        (f'[database]\nlocation = "{URL}"', 2, "database.location"),
        (f'[profiles.ibkr]\ndatabase = "{URL}"', 2, "profiles.ibkr.database"),
    ],
)
def test_a_password_that_others_can_read_is_warned_of_wherever_it_stands(
    machine: Machine, toml: str, place: int, key: str
) -> None:
    here = machine.here(toml)
    here.chmod(0o644)

    assert machine.load().warnings == (
        ConfigProblem(
            source=f"{here}:{place}",
            key=key,
            message="other users of this machine can read this password",
            suggestion=f"chmod 600 {here}",
        ),
    )


@pytest.mark.parametrize(
    "toml",
    [f'[database]\nkeep_raw_replies = "{URL}"', '[database]\nlocation = "mysql://u:hunter2@h"'],
)
def test_no_problem_repeats_a_password(machine: Machine, toml: str) -> None:
    machine.here(toml)

    assert "hunter2" not in repr(machine.problems())
