"""Whether something runs a refresh every night."""

from __future__ import annotations

from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, Fix, passed, warned


def judge_schedule(entries: tuple[str, ...]) -> Finding:
    """`entries` are the places where an entry was found, none of them what it runs."""
    if entries:
        return passed(Check.SCHEDULE, f"refresh is in {', '.join(entries)}")
    found = "no refresh found in crontab, systemd or launchd"
    return warned(Check.SCHEDULE, found, Fix.SCHEDULE_REFRESH)
