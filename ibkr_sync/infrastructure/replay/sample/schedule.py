"""Trading and liquid hours as TWS writes them: six trade dates from today on.

Sessions are noted as `HHMM-HHMM` in the exchange's zone; `<` before one starts it on the
evening before the trade date, `>` after one ends it on the morning after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from itertools import count

from ibkr_sync.domain.delivery.business_days import SATURDAY
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

_DAY = timedelta(days=1)
_TRADE_DATES_SENT = 6
_MONTHS_OF_GOOD_FRIDAY_AND_CHRISTMAS = (3, 4, 12)
_LAST_OF_NEW_YEAR = (1, 2)


@dataclass(frozen=True, slots=True)
class WeeklySchedule:
    """The hours of an ordinary trade date.

    Attributes:
        time_zone_id: IBKR's id of the zone, which is not always the tz database's name.
        market: on whose holidays there is no session, see `BusinessCalendar`.
        holiday_halt: when the overnight session ends on a US holiday; "" when there is none.
    """

    time_zone_id: str
    market: str
    trading: str
    liquid: str
    holiday_halt: str = ""


class _Day(Enum):
    OPEN = auto()
    HALTED = auto()
    CLOSED = auto()


def scheduled_hours(
    schedule: WeeklySchedule, calendar: BusinessCalendar, today: date
) -> tuple[str, str]:
    """The texts of tradingHours and liquidHours on `today`.

    A closed day on whose evening the next session starts has no entry of its own, and the last
    entry of liquidHours is a whole overnight session: both as in recorded replies.
    """
    days = _trade_dates(schedule, calendar, today)
    trading = [_trading(schedule, calendar, day) for day in days]
    liquid = [_liquid(schedule, calendar, day) for day in days]
    if _starts_on_the_evening_before(schedule):
        liquid[-1] = trading[-1]
    return ";".join(trading), ";".join(liquid)


def _trade_dates(schedule: WeeklySchedule, calendar: BusinessCalendar, today: date) -> list[date]:
    days: list[date] = []
    for offset in count():
        day = today + offset * _DAY
        if not _is_evening_only(schedule, calendar, day):
            days.append(day)
        if len(days) == _TRADE_DATES_SENT:
            break
    return days


def _is_evening_only(schedule: WeeklySchedule, calendar: BusinessCalendar, day: date) -> bool:
    return (
        _starts_on_the_evening_before(schedule)
        and _kind(schedule, calendar, day) is _Day.CLOSED
        and _kind(schedule, calendar, day + _DAY) is not _Day.CLOSED
    )


def _starts_on_the_evening_before(schedule: WeeklySchedule) -> bool:
    return schedule.trading.startswith("<")


def _kind(schedule: WeeklySchedule, calendar: BusinessCalendar, day: date) -> _Day:
    if calendar.is_business_day(day, schedule.market):
        return _Day.OPEN
    if schedule.holiday_halt and day.weekday() < SATURDAY and not _is_full_closure(day):
        return _Day.HALTED
    return _Day.CLOSED


def _is_full_closure(holiday: date) -> bool:
    """Whether a US holiday is Christmas, New Year or Good Friday: electronic trading stays shut."""
    return (
        holiday.month in _MONTHS_OF_GOOD_FRIDAY_AND_CHRISTMAS
        or (holiday.month, holiday.day) <= _LAST_OF_NEW_YEAR
    )


def _trading(schedule: WeeklySchedule, calendar: BusinessCalendar, day: date) -> str:
    match _kind(schedule, calendar, day):
        case _Day.OPEN:
            return _sessions(schedule.trading, day)
        case _Day.HALTED:
            return _sessions(f"{schedule.trading.split('-')[0]}-{schedule.holiday_halt}", day)
        case _Day.CLOSED:
            return f"{day:%Y%m%d}:CLOSED"


def _liquid(schedule: WeeklySchedule, calendar: BusinessCalendar, day: date) -> str:
    if _kind(schedule, calendar, day) is _Day.OPEN:
        return _sessions(schedule.liquid, day)
    return _trading(schedule, calendar, day)


def _sessions(notation: str, day: date) -> str:
    return ";".join(_session(text, day) for text in notation.split())


def _session(text: str, day: date) -> str:
    start_day = day - _DAY if text.startswith("<") else day
    end_day = day + _DAY if text.endswith(">") else day
    start, end = text.strip("<>").split("-")
    return f"{start_day:%Y%m%d}:{start}-{end_day:%Y%m%d}:{end}"


SCHEDULES = {
    "globex_index": WeeklySchedule("US/Central", "us", "<1700-1600", "0830-1600", "1200"),
    "globex_rates": WeeklySchedule("US/Central", "us", "<1700-1600", "0720-1400", "1200"),
    "globex_currency": WeeklySchedule("US/Central", "us", "<1700-1600", "0720-1400", "1200"),
    "globex_crypto": WeeklySchedule("US/Central", "us", "<1700-1600", "0830-1600", "1600"),
    "grains": WeeklySchedule("US/Central", "us", "<1900-0745 0830-1320", "0830-1320"),
    "livestock": WeeklySchedule("US/Central", "us", "0830-1305", "0830-1305"),
    "nymex": WeeklySchedule("US/Eastern", "us", "<1800-1700", "0900-1430", "1430"),
    "sugar": WeeklySchedule("US/Eastern", "us", "0330-1300", "0330-1300"),
    "coffee": WeeklySchedule("US/Eastern", "us", "0415-1330", "0415-1330"),
    "cfe": WeeklySchedule("US/Central", "us", "<1700-1600", "0830-1515", "1030"),
    "eurex_index": WeeklySchedule("MET", "europe", "0110-2200", "0900-1730"),
    "eurex_rates": WeeklySchedule("MET", "europe", "0110-2200", "0800-2200"),
    "eurex_stock": WeeklySchedule("MET", "europe", "0900-1730", "0900-1730"),
    "madrid": WeeklySchedule("MET", "europe", "0900-1735", "0900-1735"),
    "ice_index": WeeklySchedule("GB-Eire", "uk", "0100-2100", "0800-1630"),
    "ice_energy": WeeklySchedule("GB-Eire", "ice_energy", "0100-2300", "0800-1930"),
    "osaka": WeeklySchedule("Japan", "japan", "0845-1545 1700-0600>", "0845-1545"),
    "hong_kong": WeeklySchedule(
        "Hongkong", "hong_kong", "0915-1200 1300-1630 1715-0300>", "0915-1200 1300-1630"
    ),
    "sydney": WeeklySchedule("Australia/NSW", "australia", "0950-1630 1710-0700>", "0950-1630"),
    "singapore": WeeklySchedule("Singapore", "singapore", "0900-1635 1700-0515>", "0900-1635"),
    "korea": WeeklySchedule("Japan", "korea", "0845-1545 1800-0600>", "0845-1545"),
    "mumbai": WeeklySchedule("Asia/Calcutta", "india", "0915-1530", "0915-1530"),
}
"""The weeks by name; IBKR sends Korea's products with Japan's zone, which has the same offset."""
