"""What the raw replies take that are kept, and how that is bounded."""

from __future__ import annotations

from datetime import datetime

from ibkr_sync.domain.ports.raw_replies import RawReplyPort, RawReplyUsage


class RawReplyService:
    """Counts and prunes; every method raises StorageError."""

    def __init__(self, replies: RawReplyPort) -> None:
        self._replies = replies

    def usage(self) -> RawReplyUsage:
        """Tell what all raw replies take."""
        return self._replies.usage()

    def prunable(self, before: datetime) -> RawReplyUsage:
        """Tell what `prune` would delete."""
        return self._replies.prunable(before)

    def prune(self, before: datetime) -> RawReplyUsage:
        """Delete what was received before, but for each product's newest (see the port)."""
        return self._replies.prune(before)

    def database_size(self) -> int:
        """Tell how many bytes the whole database takes; 0 before the first write."""
        return self._replies.database_size()

    def compact(self) -> None:
        """Give the space of what was deleted back, where that is our task."""
        self._replies.compact()
