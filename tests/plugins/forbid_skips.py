"""`--forbid-skips`: a skipped test, or a skipped module, counts as failed.

For the build server, where everything that can be installed is there: a test that is skipped
there would never run anywhere. Only what its kernel or container forbids may be skipped, with a
reason that begins with `INABILITY`; it is told at the end.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

OPTION = "--forbid-skips"
INABILITY = "this machine can't "


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(OPTION, action="store_true", help="fail instead of skipping")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test into a failure; an expected failure stays what it is."""
    report = yield
    is_skip = report.skipped and not hasattr(report, "wasxfail")
    if item.config.getoption(OPTION) and is_skip and not _reason(report).startswith(INABILITY):
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


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what was not tried."""
    skipped = terminalreporter.getreports("skipped")
    if config.getoption(OPTION) and skipped:
        terminalreporter.section("not tried on this machine")
        for reason in sorted({_reason(item) for item in skipped}):
            terminalreporter.line(reason)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    message = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longreprtext
    return str(message).removeprefix("Skipped: ")


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = _reason(report)
    report.outcome = "failed"
    report.longrepr = f"{OPTION}: {reason}"
