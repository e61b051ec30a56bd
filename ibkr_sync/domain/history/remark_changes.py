"""Recorded changes of remarks, taken apart: one change for each remark that came or went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.evidence.remarks import REMARKS, new_remarks, parse_remarks
from ibkr_sync.domain.history.recorded_history import RecordedChange

_Place = tuple[int, ProductKey]
_What = tuple[RemarkKind, str]


def single_remark_changes(changes: Iterable[RecordedChange]) -> Iterator[RecordedChange]:
    """The changes in their order, those of remarks under the field of each remark's kind.

    What the same run remarked of every row of a product is a change of the product alone.
    """
    every = tuple(changes)
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
            if is_own or _what(remark) not in came[_place(change)]:
                yield replace(change, field=remark.kind.value, old=None, new=_text(change, remark))
        for remark in _disappeared(change):
            if is_own or _what(remark) not in went[_place(change)]:
                yield replace(change, field=remark.kind.value, old=_text(change, remark), new=None)


def _appeared(change: RecordedChange) -> tuple[Remark, ...]:
    return new_remarks(parse_remarks(change.old), parse_remarks(change.new))


def _disappeared(change: RecordedChange) -> tuple[Remark, ...]:
    return new_remarks(parse_remarks(change.new), parse_remarks(change.old))


def _shared(remarks: Iterable[Remark]) -> set[_What]:
    return {_what(each) for each in remarks if each.contract is None}


def _what(remark: Remark) -> _What:
    return remark.kind, remark.field


def _place(change: RecordedChange) -> _Place:
    return change.run, change.product


def _text(change: RecordedChange, remark: Remark) -> str:
    if remark.contract is not None:
        return f"{remark}; not stored"
    return f"every contract: {remark}" if change.con_id is None else str(remark)
