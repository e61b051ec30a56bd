"""Whether whoever is to be notified of a refresh can be."""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, Fix, passed, warned


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierFacts:
    """Who is set to be notified; None is not set.

    Attributes:
        heartbeat: the URL that is pinged, secrets masked.
        program: what is run, without its arguments.
        obstacle: why it can't be run, in a few words.
    """

    heartbeat: str | None = None
    program: str | None = None
    obstacle: str | None = None


def judge_notifiers(facts: NotifierFacts) -> Finding:
    """A notifier that fails is a warning in a run, too; nothing is sent to find out."""
    notifiers = (
        f"the heartbeat {facts.heartbeat}" if facts.heartbeat else None,
        f"the command {facts.program}" if facts.program else None,
    )
    found = ", ".join(filter(None, notifiers)) or "nobody; [notify] is not set"
    if facts.obstacle is not None:
        return warned(Check.NOTIFY, f"{found} can't be run: {facts.obstacle}", Fix.SET_NOTIFIER)
    return passed(Check.NOTIFY, found)
