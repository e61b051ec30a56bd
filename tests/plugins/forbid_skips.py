"""`--forbid-skips`: a skipped test, or a skipped module, counts as failed.

For the build server, where everything that a test may need is there: a test that is skipped
there would never run anywhere.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

OPTION = "--forbid-skips"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(OPTION, action="store_true", help="fail instead of skipping")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test into a failure; an expected failure stays what it is."""
    report = yield
    if item.config.getoption(OPTION) and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a module into an error."""
    report = yield
    if collector.config.getoption(OPTION) and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longreprtext
    report.outcome = "failed"
    report.longrepr = f"{OPTION}: {reason}"
