"""What a row said that was not believed, and how it is put to the user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ibkr_sync.domain.evidence.chain_diff import FieldChange
from ibkr_sync.domain.untrusted_text import quote_untrusted

_END = ": "
"""Where a remark's subject ends."""


class RemarkKind(StrEnum):
    """What is odd."""

    ODD_ROW = "odd_row"
    """A field can't be read, and is taken as unstated."""
    DATES_DISAGREE = "dates_disagree"
    """Two dates of the last trade are more than a day apart."""


REMARK_FIELDS: Final = frozenset(kind.value for kind in RemarkKind)
"""The fields under which history keeps remarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One field of one row that was not believed.

    Attributes:
        contract: the contract as people know it; `con_id` says which it is.
        field: the field by the name that its source has for it.
        value: as sent, cut to a length that can be shown.
        reason: why it was not believed.
    """

    kind: RemarkKind
    con_id: int
    contract: str
    field: str
    value: str
    reason: str


def remark_sentences(
    remarks: Iterable[Remark], unstorable: Collection[int] = ()
) -> tuple[str, ...]:
    """One sentence for each thing that is odd, naming the first contract that has it.

    `unstorable` are the conIds of contracts that are not stored for it.
    """
    contracts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in remarks:
        reason = f"{each.reason}; not stored" if each.con_id in unstorable else each.reason
        contracts[each.field, each.value, reason].append(each.contract)
    return tuple(
        f"{_named(names)}: {field} {quote_untrusted(value)}: {reason}"
        for (field, value, reason), names in contracts.items()
    )


def _named(contracts: list[str]) -> str:
    first, *others = dict.fromkeys(contracts)
    return f"{first} and {len(others)} more" if others else first


def unreported_remarks(remarks: Iterable[Remark], told: Iterable[str]) -> tuple[Remark, ...]:
    """The remarks on fields of which none of the texts that history has kept tells."""
    known = {text.partition(_END)[0] for text in told}
    return tuple(each for each in remarks if _subject(each) not in known)


def remark_changes(remarks: Iterable[Remark], stored: Collection[int]) -> Iterator[FieldChange]:
    """The remarks as history keeps them; of a contract that is not `stored`, as the product's."""
    for each in remarks:
        text = f"{_subject(each)}{_END}{quote_untrusted(each.value)}: {each.reason}"
        con_id = each.con_id if each.con_id in stored else None
        yield FieldChange(con_id=con_id, field=each.kind.value, old=None, new=text)


def _subject(remark: Remark) -> str:
    return f"conId {remark.con_id} {remark.field}"
