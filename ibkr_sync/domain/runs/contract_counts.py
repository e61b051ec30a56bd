"""How many contracts of a product, or of all products of a run, came, changed and went."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ibkr_sync.domain.evidence.chain_diff import ChainDiff

_WORDS: Final = {"added": "new"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCounts:
    """Counts of contracts; None is what was not recorded.

    Attributes:
        added: those that were new to the database.
        changed: those of which history keeps a change, without those that moved.
        moved: those that came from another product or went to one.
        replaced: those that have a successor of another conId; it counts as added if it is new,
            and they as delisted if that is.
        expired: those that stopped trading since the product was synced before.
        unchanged: those of the reply of which history keeps no change.
    """

    added: int = 0
    changed: int = 0
    moved: int | None = 0
    replaced: int | None = 0
    returned: int = 0
    missing: int = 0
    delisted: int = 0
    expired: int | None = 0
    unchanged: int = 0

    def as_record(self) -> dict[str, int | None]:
        """The counts by name."""
        return {name: getattr(self, name) for name in _NAMES}

    def words(self) -> list[str]:
        """What there is any of: `3 new`, `1 delisted`."""
        return [
            f"{count} {_WORDS.get(name, name)}" for name, count in self.as_record().items() if count
        ]

    def words_of_changes(self) -> list[str]:
        """As `words`, without what is unchanged."""
        return dataclasses.replace(self, unchanged=0).words()


_NAMES: Final = tuple(field.name for field in dataclasses.fields(ContractCounts))


def counts_of(diff: ChainDiff) -> ContractCounts:
    """The counts of what a complete reply changes."""
    return ContractCounts(
        added=len(diff.added),
        changed=diff.changed,
        moved=len(diff.moved),
        replaced=diff.replaced,
        returned=len(diff.returned),
        missing=len(diff.missing),
        delisted=len(diff.delisted),
        expired=len(diff.expired),
        unchanged=diff.unchanged,
    )


def counts_of_taker(diff: ChainDiff) -> ContractCounts:
    """The counts of a product that took contracts of the one asked for.

    These count as moved there, and its own may be asked for in the same run.
    """
    return dataclasses.replace(counts_of(diff), moved=0, unchanged=0)


def total_counts(counts: Iterable[ContractCounts]) -> ContractCounts:
    """The counts of several products; None where that of any is."""
    records = [count.as_record() for count in counts]
    return ContractCounts(
        **{
            name: _total(record[name] for record in records)
            for name in ContractCounts().as_record()
        }
    )


def _total(counts: Iterable[int | None]) -> Any:  # noqa: ANN401 - what may be None is the field's own
    known = tuple(counts)
    return None if None in known else sum(number or 0 for number in known)
