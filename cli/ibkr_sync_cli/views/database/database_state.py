"""The state of the database: its schema, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_sync.domain.ports.raw_replies import RawReplyUsage
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.quantities import size_quantity
from ibkr_sync_cli.views.database.facts import facts_view


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """A database under a profile; `replies` and `size` (bytes) are None unless it is current."""

    profile: str
    database: str
    revision: str | None
    needed: str
    replies: RawReplyUsage | None = None
    size: int | None = None

    @property
    def word(self) -> str:
        """Whether the schema is current, behind, or not there yet."""
        if self.revision is None:
            return "empty"
        return "current" if self.revision == self.needed else "behind"


def database_view(state: DatabaseState) -> Result:
    """The state in every format."""
    replies = state.replies
    schema: dict[str, str | None] = {
        "profile": state.profile,
        "database": state.database,
        "revision": state.revision,
        "needed": state.needed,
        "state": state.word,
    }
    facts = schema | {
        "database_bytes": state.size,
        "raw_replies": replies.replies if replies else None,
        "raw_reply_bytes": replies.size if replies else None,
        "oldest_raw_reply": instant_value(replies.oldest) if replies else None,
    }
    shown = {"profile": state.profile, "database": state.database, "schema": _schema_text(state)}
    if replies is not None and state.size is not None:
        shown["size"] = size_quantity(state.size)
        shown["raw replies"] = _replies_text(replies)
    return facts_view("ibkr-sync/db-status/1", facts, shown)


def _schema_text(state: DatabaseState) -> str:
    if state.word != "behind":
        return state.word
    return f"behind: {state.revision}, where {state.needed} is needed"


def _replies_text(replies: RawReplyUsage) -> str:
    if replies.oldest is None:
        return "none"
    oldest = instant_text(replies.oldest)
    return f"{replies.replies}, {size_quantity(replies.size)}, oldest of {oldest}"
