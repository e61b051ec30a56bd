"""Last trade dates, against dates that IBKR sent."""

from __future__ import annotations

from datetime import date

import pytest

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.expiry import expiry_date
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct, sample_products
from one_case import one_case

CALENDAR = HolidayCalendar()


def product_of_class(trading_class: str) -> SampleProduct:
    return next(product for product in sample_products() if product.trading_class == trading_class)


@one_case(
    ("trading_class", "contract_month", "expected"),
    [
        ("ES", "201806", "20180615"),
        ("ES", "201809", "20180921"),
        ("ES", "201812", "20181221"),
        ("ES", "201903", "20190315"),
        ("ES", "201906", "20190621"),
        ("ES", "202312", "20231215"),
        ("ES", "202412", "20241220"),
        ("ES", "202506", "20250620"),
        ("ES", "202509", "20250919"),
        ("ES", "202512", "20251219"),
        ("MES", "202506", "20250620"),
        ("MES", "202606", "20260618"),
        ("MNQ", "202506", "20250620"),
        ("NQ", "202412", "20241220"),
        ("YM", "202412", "20241220"),
        ("NKD", "202412", "20241212"),
        ("225", "202412", "20241212"),
        ("225M", "202412", "20241212"),
        ("HSI", "202404", "20240429"),
        ("HSI", "202410", "20241030"),
        ("FESX", "202106", "20210618"),
        ("CL", "201812", "20181119"),
        ("CL", "202312", "20231120"),
        ("CL", "202612", "20261120"),
        ("MCL", "202412", "20241119"),
        ("COIL", "202512", "20251031"),
        ("GC", "202412", "20241227"),
        ("GC", "202512", "20251229"),
        ("GC", "202601", "20260128"),
        ("GC", "202602", "20260225"),
        ("MGC", "202506", "20250626"),
        ("SIL", "202507", "20250729"),
        ("SIL", "202512", "20251229"),
        ("SIL", "202605", "20260527"),
        ("ZW", "202612", "20261214"),
        ("6J", "202409", "20240916"),
        ("MBT", "202211", "20221125"),
        ("FGBL", "202512", "20251208"),
        ("DTEF", "202512", "20251219"),
        ("VX", "201901", "20190116"),
        ("VX", "201902", "20190213"),
        ("VX", "201903", "20190319"),
        ("VX", "201904", "20190417"),
        ("VX", "201905", "20190522"),
        ("VX", "201906", "20190619"),
        ("VX", "201907", "20190717"),
        ("VX", "201908", "20190821"),
    ],
)
def test_the_rules_give_the_dates_that_ibkr_sent(
    trading_class: str, contract_month: str, expected: str
) -> None:
    assert f"{last_trade_date_of(trading_class, contract_month):%Y%m%d}" == expected


@one_case(
    ("trading_class", "contract_month", "expected", "reason"),
    [
        ("FDAX", "202612", "20261218", "third Friday"),
        ("AP", "202612", "20261217", "third Thursday"),
        ("KM", "202612", "20261210", "second Thursday"),
        ("CN", "202612", "20261230", "second last business day"),
        ("NIFTY", "202508", "20250828", "last Thursday until August 2025"),
        ("NIFTY", "202509", "20250930", "last Tuesday from September 2025 on"),
        ("NG", "202612", "20261125", "three business days before 1 December"),
        ("HO", "202612", "20261130", "last business day of the month before"),
        ("BZ", "202402", "20231228", "not the business day before New Year"),
        ("BZ", "202401", "20231130", "last business day two months before"),
        ("HG", "202612", "20261229", "third last business day"),
        ("KC", "202612", "20261218", "eight business days before the last one"),
        ("LE", "202612", "20261231", "last business day"),
        ("HE", "202612", "20261214", "tenth business day"),
        ("GF", "202611", "20261119", "the Thursday before Thanksgiving"),
        ("GF", "202505", "20250522", "Memorial Day is in the week before the last Thursday"),
        ("GF", "202601", "20260129", "last Thursday"),
        ("ZN", "202612", "20261221", "seven business days before the last one"),
        ("ZF", "202612", "20261231", "last business day"),
        ("FGBL", "202612", "20261208", "two exchange days before the 10th"),
        ("SR3", "202609", "20261215", "the day before the third Wednesday of December"),
        ("SR3", "202403", "20240618", "that Wednesday may be a holiday itself"),
        ("6E", "202406", "20240617", "counted from a third Wednesday that is a holiday"),
        ("BTC", "202403", "20240328", "the last Friday is Good Friday"),
        ("BTC", "202612", "20261224", "the last Friday is Christmas"),
        ("VX", "202406", "20240618", "Juneteenth is on the Wednesday"),
    ],
)
def test_the_rules_follow_the_specification(
    trading_class: str, contract_month: str, expected: str, reason: str
) -> None:
    assert f"{last_trade_date_of(trading_class, contract_month):%Y%m%d}" == expected, reason


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="full moon"):
        expiry_date("full moon", BusinessDays(CALENDAR, "us"), 2026, 12)


def last_trade_date_of(trading_class: str, contract_month: str) -> date:
    product = product_of_class(trading_class)
    days = BusinessDays(CALENDAR, product.market)
    year, month = int(contract_month[:4]), int(contract_month[4:])
    return expiry_date(product.expiry_rule, days, year, month)
