"""What the raw replies take that are kept, and how that is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.ports.raw_replies import RawReplyPort, RawReplyUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReplyPruning:
    """Raw replies received before an instant that were deleted, or would be.

    Attributes:
        sizes: the bytes of the database before and after; None as long as nothing was deleted.
        not_compacted: why the space could not be given back; None if it could, or need not.
    """

    before: datetime
    replies: RawReplyUsage
    sizes: tuple[int, int] | None = None
    not_compacted: str | None = None

    @property
    def is_due(self) -> bool:
        """Whether something is there to delete."""
        return self.sizes is None and self.replies.replies > 0


class RawReplyService:
    """Counts and prunes; every method raises StorageError."""

    def __init__(self, replies: RawReplyPort) -> None:
        self._replies = replies

    def usage(self) -> RawReplyUsage:
        """Give what all raw replies take."""
        return self._replies.usage()

    def prune(self, before: datetime, *, dry_run: bool) -> RawReplyPruning:
        """Delete what was received before, but for each product's newest, and give the space back.

        A dry run gives what would be deleted. What is deleted stays so where the space can't be
        given back.
        """
        pruning = RawReplyPruning(before=before, replies=self._replies.prunable(before))
        if dry_run or not pruning.is_due:
            return pruning
        size, problem = self.database_size(), None
        deleted = self._replies.prune(before)
        try:
            self._replies.compact()
        except StorageError as error:
            problem = error.detail
        sizes = (size, self.database_size())
        return RawReplyPruning(before=before, replies=deleted, sizes=sizes, not_compacted=problem)

    def database_size(self) -> int:
        """Give how many bytes the whole database takes; 0 before the first write."""
        return self._replies.database_size()
