from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.config.masking import has_secret, mask_url, printable, shown

HIDDEN = "s3cr3t"
# What a password may hold besides letters, encoded or not.
MESSY = st.text(alphabet="ab@/:?#&=%[] +;'\"é", max_size=8).map(
    lambda text: f"<{HIDDEN}{text}{HIDDEN}>"
)


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://u:p@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://h:5432/db", "postgresql://h:5432/db"),
        ("postgresql://u:p@h/db?password=x&sslmode=require", None),
        ("postgresql://h/db?sslpassword=x", "postgresql://h/db?sslpassword=***"),
        ("postgresql://h/db?a=1&p%61ssword=x", "postgresql://h/db?a=1&p%61ssword=***"),
        ("postgresql://h/db?API_TOKEN=x;b=2", "postgresql://h/db?API_TOKEN=***;b=2"),
        ("postgresql://u:p@ss@h/db", "postgresql://u:***@h/db"),
        ("postgresql:/u:p@h/db", "postgresql:***@h/db"),
        ("host=h password=x dbname=d", "host=h password=*** dbname=d"),
        ("host=h password = 'x y' dbname=d", "host=h password = *** dbname=d"),
        ("/home/me/futures.db", "/home/me/futures.db"),
        ("sqlite:////home/me/futures.db", "sqlite:////home/me/futures.db"),
    ],
)
def test_passwords_and_secret_parameters_are_masked_and_the_rest_is_kept(
    url: str, masked: str | None
) -> None:
    expected = masked or "postgresql://u:***@h/db?password=***&sslmode=require"

    assert mask_url(url) == expected
    assert has_secret(url) == (expected != url)


@given(password=MESSY, tail=st.sampled_from(["", "/db", "/db?sslmode=require", ":5432/db"]))
def test_no_part_of_any_password_before_the_host_survives(password: str, tail: str) -> None:
    assert HIDDEN not in mask_url(f"postgresql://user:{password}@host{tail}")


@given(
    key=st.sampled_from(["password", "PGPASSWORD", "client_secret", "auth_token", "apikey"]),
    before=st.sampled_from(["", "a=1&", "user=me;"]),
    value=st.text(alphabet="ab@/:?#%[]+='é", max_size=8),
)
def test_no_value_of_a_secret_parameter_survives(key: str, before: str, value: str) -> None:
    assert HIDDEN not in mask_url(f"postgresql://host/db?{before}{key}={HIDDEN}{value}")


@given(st.text())
def test_shown_text_is_printable_whatever_it_holds(text: str) -> None:
    assert printable(text).isprintable()
    assert shown(text).isprintable()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (70000, "70000"),
        pytest.param(10**5000, "a huge number", id="huge"),
        (1.5, "1.5"),
        (float("inf"), "a huge number"),
        ("a\x1b[2J", '"a\\x1b[2J"'),
        ("x" * 500, "a text of 500 characters"),
        ([1], "a list"),
        ({"a": 1}, "a table"),
        (None, "a date or time"),
    ],
)
def test_values_are_said_in_words_of_the_config_file(value: object, words: str) -> None:
    assert shown(value) == words
