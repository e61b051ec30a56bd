"""Recorded changes of remarks, taken apart: one change for each remark that came or went.

What a source states one night and leaves out the next comes and goes for ever, and is news once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.evidence.remarks import REMARKS, new_remarks, parse_remarks
from ibkr_sync.domain.history.recorded_history import RecordedChange

RECURRENCE: Final = timedelta(days=30)
"""So long after a remark has ended it is no news that it begins or ends again."""

_Place = tuple[int, ProductKey]
_What = tuple[RemarkKind, str]
_Subject = tuple[ProductKey | int, tuple[str | None, ...]]
_Ends = Mapping[_Subject, list[tuple[int, datetime]]]


def single_remark_changes(changes: Iterable[RecordedChange]) -> Iterator[RecordedChange]:
    """The changes in their order, those of remarks under the field of each remark's kind.

    What the same run remarked of every row of a product is a change of the product alone.
    """
    return _taken_apart(tuple(changes), {})


def new_remark_changes(
    changes: Iterable[RecordedChange], earlier: Iterable[RecordedChange]
) -> Iterator[RecordedChange]:
    """As `single_remark_changes`, without remarks that begin or end again (see `RECURRENCE`).

    `earlier` are the changes of remarks of that long before. That kept replies are read otherwise
    begins and ends nothing.
    """
    every = tuple(changes)
    ends: _Ends = defaultdict(list)
    for change in (*earlier, *every):
        if change.field == REMARKS and not change.is_correction:
            for remark in _disappeared(change):
                ends[_subject(change, remark)].append((change.run, change.at))
    return _taken_apart(every, ends)


def _taken_apart(every: Sequence[RecordedChange], ends: _Ends) -> Iterator[RecordedChange]:
    came, went = defaultdict[_Place, set[_What]](set), defaultdict[_Place, set[_What]](set)
    for change in every:
        if change.field == REMARKS and change.con_id is None:
            came[_place(change)] |= _shared(_appeared(change))
            went[_place(change)] |= _shared(_disappeared(change))
    for change in every:
        if change.field != REMARKS:
            yield change
            continue
        is_own = change.con_id is None
        for remark in _appeared(change):
            is_said = not is_own and _what(remark) in came[_place(change)]
            if not is_said and not _recurs(change, remark, ends):
                yield replace(change, field=remark.kind.value, old=None, new=_text(change, remark))
        for remark in _disappeared(change):
            is_said = not is_own and _what(remark) in went[_place(change)]
            if not is_said and not _recurs(change, remark, ends):
                yield replace(change, field=remark.kind.value, old=_text(change, remark), new=None)


def _recurs(change: RecordedChange, remark: Remark, ends: _Ends) -> bool:
    """Whether the same remark has ended shortly before, in the order of runs."""
    is_again = any(
        (run, at) < (change.run, change.at) and abs(change.at - at) <= RECURRENCE
        for run, at in ends.get(_subject(change, remark), ())
    )
    return is_again and not change.is_correction


def _subject(change: RecordedChange, remark: Remark) -> _Subject:
    of = change.product if change.con_id is None else change.con_id
    return of, remark.subject


def _appeared(change: RecordedChange) -> tuple[Remark, ...]:
    return new_remarks(parse_remarks(change.old), parse_remarks(change.new))


def _disappeared(change: RecordedChange) -> tuple[Remark, ...]:
    return new_remarks(parse_remarks(change.new), parse_remarks(change.old))


def _shared(remarks: Iterable[Remark]) -> set[_What]:
    return {_what(remark) for remark in remarks if remark.contract is None}


def _what(remark: Remark) -> _What:
    return remark.kind, remark.field


def _place(change: RecordedChange) -> _Place:
    return change.run, change.product


def _text(change: RecordedChange, remark: Remark) -> str:
    if remark.contract is not None:
        return f"{remark}; not stored"
    return f"every contract: {remark}" if change.con_id is None else str(remark)
