"""What the pages show to be typed prints what they show."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.documented_session import type_all
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.week import SampleWeek

ROOT = Path(__file__).parents[2]
IN_THE_MONDAY_AFTER = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("page", ["README.md", "docs/first-night.md", "docs/exports.md"])
def test_a_page_is_as_the_tool_prints(ibkr_sync: CommandLine, page: str) -> None:
    shutil.copy(ROOT / "tests" / "data" / "ib_config_futures.csv", ibkr_sync.cwd)
    type_all(ROOT / page, ibkr_sync, SampleWeek(IN_THE_MONDAY_AFTER, HolidayCalendar()))
