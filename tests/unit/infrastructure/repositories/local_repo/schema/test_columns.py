from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from ibkr_sync.infrastructure.repositories.local_repo.schema.columns import (
    MAX_DECIMAL_EXPONENT,
    DecimalColumnType,
    UtcColumnType,
    decimal_column_text,
)
from one_case import one_case

SQLITE: Dialect = sqlite.dialect()
POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

numbers = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: not number or abs(number.adjusted()) <= MAX_DECIMAL_EXPONENT
)


@given(numbers)
def test_the_text_of_a_number_is_exact_and_plain(number: Decimal) -> None:
    text = decimal_column_text(number)
    assert Decimal(text) == number
    assert set(text) <= set("-.0123456789")


@given(numbers, st.integers(0, 60))
def test_equal_numbers_have_equal_texts(number: Decimal, zeros: int) -> None:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    same = Decimal((sign, digits + (0,) * zeros, exponent - zeros))
    assert decimal_column_text(same) == decimal_column_text(number)


@one_case("number", ["NaN", "-Infinity", "1E+1001", "-1E-1001"])
def test_refuses_what_is_no_price_tick_or_size(number: str) -> None:
    with pytest.raises(ValueError, match=r"number|range"):
        decimal_column_text(Decimal(number))


@one_case("dialect", [SQLITE, POSTGRES])
def test_refuses_an_instant_without_zone(dialect: Dialect) -> None:
    naive = datetime(2026, 12, 18, 14, 30)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="time zone"):
        UtcColumnType().process_bind_param(naive, dialect)


@given(numbers)
def test_a_stored_number_comes_back_from_its_text(number: Decimal) -> None:
    text = DecimalColumnType().process_bind_param(number, SQLITE)
    assert DecimalColumnType().process_result_value(text, SQLITE) == number
    assert DecimalColumnType().process_result_value(number, POSTGRES) == number


@one_case(
    "stored",
    [
        *("abc", "", "NaN", "Infinity", "1_0", " 1", "1\n", "1e3", "\u0661", ".5", "1."),
        *(b"1", 1.5, Decimal("NaN"), Decimal("Infinity")),
    ],
)
def test_reports_a_stored_value_that_is_no_number(stored: object) -> None:
    with pytest.raises(ValueError, match="not a number: "):
        DecimalColumnType().process_result_value(stored, SQLITE)


@given(st.text(max_size=8) | st.text("0123456789.-+eE_NaIinf", max_size=8))
def test_any_stored_text_is_the_number_it_says_or_reported(text: str) -> None:
    try:
        number = DecimalColumnType().process_result_value(text, SQLITE)
    except ValueError:
        return
    assert number == Decimal(text)
    assert set(text) <= set("-.0123456789")
