"""What rows of files become before they are kept."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.application.services.deliveries.delivery_import import held_until_close_out
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.infrastructure.calendars import HolidayCalendar

DAYS = BusinessDays(HolidayCalendar(), "us")


def gold_row(count: int, long_cutoff: date) -> ImportedRow:
    return ImportedRow(
        origin=ImportOrigin.IBKR_CLOSE_OUT,
        source="import: IBKR's close-out table",
        code="GC",
        exchange="COMEX",
        contract_month=ContractMonth(2026, 12),
        dates={"long_cutoff": long_cutoff, "short_cutoff": date(2026, 12, 29)},
        close_out_days=count,
    )


def test_positions_are_held_until_ibkr_begins_to_close_out() -> None:
    held = held_until_close_out(gold_row(2, date(2026, 11, 27)), DAYS)
    # The day before the cut-off is Thanksgiving, four days before the other is Christmas.
    assert held.dates == {"long_cutoff": date(2026, 11, 24), "short_cutoff": date(2026, 12, 24)}


@given(st.integers(0, 10), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_cut_off_is_so_many_business_days_earlier_and_moved_once(count: int, day: date) -> None:
    held = held_until_close_out(gold_row(count, day), DAYS)
    assert DAYS.between(held.dates["long_cutoff"], DAYS.on_or_before(day)) in {count, count - 1}
    assert held.dates["long_cutoff"] < day or count == 0
    assert held_until_close_out(held, DAYS) == held
