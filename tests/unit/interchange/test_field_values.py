"""The parsers of a document's plain values: what they take is what was meant, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries
from ibkr_sync.interchange import field_values
from one_case import one_case
from strategies import hostile_texts, months

PARSERS: dict[str, Callable[[object], object]] = {
    "text": field_values.text_value,
    "possibly_empty_text": field_values.possibly_empty_value,
    "integer": field_values.integer_value,
    "positive_integer": field_values.positive_integer_value,
    "number": field_values.number_value,
    "positive_number": field_values.positive_number_value,
    "date": field_values.date_value,
    "instant": field_values.instant_value,
    "month": field_values.month_value,
    "zone": field_values.zone_value,
    "series": field_values.choice_value(ContractSeries),
}

almost_values = st.one_of(
    st.from_regex(r"-?[0-9]{0,3}[.,_e]?[0-9]{0,3}", fullmatch=True),
    st.from_regex(r"[0-9]{3,5}-?[0-9]{1,2}(-[0-9]{1,3})?", fullmatch=True),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?"
        r"(Z|[+-][0-2][0-9]:?[0-6][0-9])?",
        fullmatch=True,
    ),
    st.sampled_from(["America/Chicago", "monthly", "NaN", "inf", "\u0662\u0660", "Europe/", "/"]),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile_texts | almost_values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(hostile_texts, inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("name", PARSERS)
@given(value=json_values)
def test_any_value_is_read_or_refused_in_a_short_line(name: str, value: object) -> None:
    try:
        parsed, refusal = PARSERS[name](value), ""
    except ValueError as error:
        parsed, refusal = "", str(error)
    assert parsed is not None
    assert refusal.isprintable()
    assert len(refusal) < 300


@given(almost_values | hostile_texts)
def test_a_number_is_the_one_its_text_says(text: str) -> None:
    try:
        number = field_values.number_value(text)
    except ValueError:
        return
    assert number == Decimal(text)
    assert set(text) <= set("-.0123456789")


@given(almost_values | hostile_texts)
def test_a_date_is_the_one_its_text_says(text: str) -> None:
    try:
        day = field_values.date_value(text)
    except ValueError:
        return
    assert day.isoformat() == text


@one_case("year", ["0001", "1969", "2200", "9999"])
def test_a_year_that_no_gateway_may_send_is_refused(year: str) -> None:
    """So that no calendar overflows, in no zone."""
    with pytest.raises(ValueError, match="not a likely year"):
        field_values.date_value(f"{year}-06-15")
    with pytest.raises(ValueError, match="not a likely year"):
        field_values.instant_value(f"{year}-06-15T00:00:00Z")


@given(almost_values | hostile_texts)
def test_an_instant_is_in_utc_and_the_one_its_text_says(text: str) -> None:
    try:
        instant = field_values.instant_value(text)
    except ValueError:
        return
    assert instant.tzinfo is UTC
    assert instant == datetime.fromisoformat(text)


@given(almost_values | hostile_texts)
def test_a_month_is_the_one_its_text_says(text: str) -> None:
    try:
        month = field_values.month_value(text)
    except ValueError:
        return
    assert str(month).replace("-", "") == text.replace("-", "")


@given(almost_values | hostile_texts)
def test_a_zone_is_one_of_the_zone_database(text: str) -> None:
    try:
        zone = field_values.zone_value(text)
    except ValueError:
        return
    assert ZoneInfo(zone).key == text


@given(st.integers())
def test_a_whole_number_is_itself_or_out_of_range(number: int) -> None:
    try:
        assert field_values.integer_value(number) == number
    except ValueError:
        assert abs(number) > 2**31 - 1


@given(st.decimals(-(10**15), 10**15, places=12))
def test_a_number_is_read_back_as_it_was_written(number: Decimal) -> None:
    assert field_values.number_value(format(number, "f")) == number


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_a_date_is_read_back_as_it_was_written(day: date) -> None:
    assert field_values.date_value(day.isoformat()) == day


offsets = st.integers(-14 * 60, 14 * 60).map(lambda item: timezone(timedelta(minutes=item)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 31), timezones=offsets))  # noqa: DTZ001 - hypothesis adds the zone
def test_an_instant_is_read_back_from_whatever_offset_it_was_written_in(at: datetime) -> None:
    assert field_values.instant_value(json.loads(json.dumps(at.isoformat()))) == at


@given(months)
def test_a_month_is_read_back_as_it_was_written(month: ContractMonth) -> None:
    assert field_values.month_value(str(month)) == month
