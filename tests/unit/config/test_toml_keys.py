from __future__ import annotations

import tomli
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.config.toml_keys import (
    TomlKey,
    key_lines,
    toml_key_text,
    toml_keys,
    written_toml_key,
)
from one_case import one_case

TEXT = '''\
# port = 1
profile = "ibkr"

[gateway]
host = """
port = 2
"""
# of Gateway
port = 4001

[profiles.live]
gateway = { port = 7496,
  client_id = 5 }
'''


def test_each_key_has_the_line_its_statement_starts_on() -> None:
    assert key_lines(TEXT) == {
        ("profile",): 2,
        ("gateway",): 4,
        ("gateway", "host"): 5,
        ("gateway", "port"): 9,
        ("profiles",): 11,
        ("profiles", "live"): 11,
        ("profiles", "live", "gateway"): 12,
        ("profiles", "live", "gateway", "port"): 12,
        ("profiles", "live", "gateway", "client_id"): 12,
    }


def test_lines_are_the_same_with_windows_line_ends() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n")) == key_lines(TEXT)


def test_lines_of_a_very_long_file_are_left_out() -> None:
    lines = key_lines("\n".join(f"k{number} = 1" for number in range(1, 2000)))

    assert lines[("k500",)] == 500
    assert ("k501",) not in lines


@given(
    st.lists(
        st.sampled_from(['a = """', '"""', "b = [", "]", "1,", "# c", "", "[t]", "d = 1", "'''"]),
        max_size=12,
    ).map("\n".join)
)
def test_every_key_of_a_valid_text_has_a_line_within_it(text: str) -> None:
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    lines = key_lines(text)

    assert set(lines) == set(toml_keys(table))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@one_case(
    ("key", "written"),
    [
        (("gateway", "port"), ("gateway", "port")),
        (("profile", "any"), ("profile",)),
        (("profiles", "live", "gateway", "port", "any"), ("profiles", "live", "gateway", "port")),
        (("absent", "any"), ("absent",)),
        (("profile", "[2]"), ("profile", "[2]")),
    ],
)
def test_a_value_that_stands_for_a_table_has_the_key_of_the_table(
    key: TomlKey, written: TomlKey
) -> None:
    assert written_toml_key(key, key_lines(TEXT)) == written


def test_keys_are_written_as_toml_writes_them_without_secrets_or_control_characters() -> None:
    key = ("profiles", "a b", "u:secret@h", "\x1b[2J")

    assert toml_key_text(key) == 'profiles."a b"."u:***@h"."\\x1b[2J"'
