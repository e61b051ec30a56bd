"""Which remarks stand on a product and its contracts, which are new, and how users read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ibkr_sync.domain.canonical_text import TRACKED_OF_CONTRACT, parse_canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import HoursKind

REMARKS: Final = "remarks"
"""The field under which history keeps the remarks on a contract or product."""

REMARK_FIELDS: Final = frozenset(kind.value for kind in RemarkKind)
"""The fields under which events report a remark."""

MARKET_RULE_IDS: Final = "market_rule_ids"
"""What a remark calls the tick ladders of a contract's exchanges."""

HOURS: Final = {f"{kind.value}_hours": kind for kind in HoursKind}
"""What a remark calls the hours of a schedule."""

_HABITUAL: Final = frozenset(("time_zone", "last_trade_at", *HOURS))
"""What a contract loses on its last day or the eve (seen in recordings of 2024 to 2026)."""

_HABITUAL_DAYS: Final = 1
"""So many days before the last trade date that begins."""

_MOST_SENTENCES: Final = 5
"""So many rows that make no contract are named one by one."""

_FOLLOWS_FROM: Final = {
    "last_trade_at": frozenset(("last_trade_date", "time_zone")),
    "venues": frozenset((MARKET_RULE_IDS,)),
    **dict.fromkeys(HOURS, frozenset(("time_zone",))),
}
"""A field that can't be known where one of these is not."""


def contract_remarks(
    known: Sequence[Remark],
    received: Iterable[Remark],
    left_out: Iterable[str],
    completed: FuturesContract,
    now: datetime,
) -> tuple[Remark, ...]:
    """The remarks that stand on a contract whose row was completed by what is known of it.

    `known` stood on it before, `received` are those on its row, `left_out` the fields that are
    known and that the row does not state, `now` is an aware instant. A remark that stands
    already stays as it was first made.
    """
    odd = tuple(received)
    silent = _remarkable(left_out, known, odd, completed, now)
    unstated = (Remark(kind=RemarkKind.NO_LONGER_STATED, field=field) for field in silent)
    return _as_first_made(known, (*odd, *unstated))


def _remarkable(
    left_out: Iterable[str],
    known: Iterable[Remark],
    odd: Iterable[Remark],
    completed: FuturesContract,
    now: datetime,
) -> list[str]:
    """The fields of which it is remarkable that a row leaves them out."""
    remarked = {remark.field for remark in known if remark.kind is RemarkKind.NO_LONGER_STATED}
    unread = {remark.field for remark in odd}
    is_tracked = (*TRACKED_OF_CONTRACT, MARKET_RULE_IDS, *HOURS)
    silent = [text for text in left_out if text in is_tracked and text not in unread]
    causes = unread.union(silent)
    has_ended = completed.is_expired(now)
    is_near_end = completed.days_left(now) <= _HABITUAL_DAYS

    def is_expected(field: str) -> bool:
        is_habit = has_ended or (is_near_end and field in _HABITUAL)
        return is_habit or not causes.isdisjoint(_FOLLOWS_FROM.get(field, ()))

    return [text for text in silent if text in remarked or not is_expected(text)]


def product_remarks(
    known: Sequence[Remark],
    received: Future,
    completed: Mapping[int, FuturesContract],
    now: datetime,
) -> tuple[Remark, ...]:
    """The remarks that stand on a product: on rows that make no contract, and on every row.

    `received` is the product of a whole reply, `completed` has its contracts with their remarks,
    by conId.
    """
    unstorable = sorted(received.remarks, key=lambda item: (item.contract or "", item.field))
    rows = [(other, completed[other.con_id]) for other in received.contracts]
    standing = {(remark.kind, remark.field): remark for remark in known if remark.contract is None}
    living = [(row, contract) for row, contract in rows if not contract.is_expired(now)]
    shared = _shared(living, standing) if living else standing.values()
    return _as_first_made(known, (*unstorable, *shared))


def _shared(
    rows: Sequence[tuple[FuturesContract, FuturesContract]],
    standing: Mapping[tuple[RemarkKind, str], Remark],
) -> Iterator[Remark]:
    """One remark for each field that no row has right, where more than one row is remarked.

    One that stands lasts until a row has the field right, though the others have ended.
    """
    made: defaultdict[tuple[RemarkKind, str], dict[int, Remark]] = defaultdict(dict)
    for _, contract in rows:
        for remark in contract.remarks:
            made[remark.kind, remark.field].setdefault(contract.con_id, remark)
    for (kind, field), remarks in made.items():
        others = (row for row, contract in rows if contract.con_id not in remarks)
        if not all(_is_silent(row, kind, field) for row in others):
            continue
        if len(remarks) == 1 and (kind, field) in standing:
            yield standing[kind, field]
        elif len(remarks) > 1:
            yield Remark(
                kind=kind,
                field=field,
                value=_only(other.value for other in remarks.values()),
                reason=_only(other.reason for other in remarks.values()),
            )


def _only(texts: Iterable[str | None]) -> str | None:
    """What all say alike, else None."""
    first, *others = set(texts)
    return None if others else first


def _is_silent(row: FuturesContract, kind: RemarkKind, field: str) -> bool:
    """Whether a row is silent too of what others no longer state, though nothing was known."""
    if kind is not RemarkKind.NO_LONGER_STATED:
        return False
    if field in HOURS:
        return row.schedule is None or not row.schedule.text(HOURS[field])
    if field == MARKET_RULE_IDS:
        return not row.exchanges_by_rule
    return getattr(row, field) in (None, ())


def _as_first_made(known: Sequence[Remark], present: Iterable[Remark]) -> tuple[Remark, ...]:
    """The remarks that are made now, each once: those that stand already, then the others."""
    now = {remark.subject: remark for remark in present}
    standing = (remark for remark in known if remark.subject in now)
    return (*standing, *new_remarks(known, now.values()))


def uncovered_remarks(remarks: Iterable[Remark], product: Sequence[Remark]) -> tuple[Remark, ...]:
    """The remarks on a contract that none on every row of its product says as well."""
    shared = {(remark.kind, remark.field) for remark in product if remark.contract is None}
    return tuple(remark for remark in remarks if (remark.kind, remark.field) not in shared)


def new_remarks(known: Iterable[Remark], present: Iterable[Remark]) -> tuple[Remark, ...]:
    """The remarks that did not stand before."""
    before = {remark.subject for remark in known}
    return tuple(remark for remark in present if remark.subject not in before)


def parse_remarks(text: str | None) -> tuple[Remark, ...]:
    """The remarks that history keeps as canonical text; raises ValueError."""
    remarks: tuple[Remark, ...] = parse_canonical_text(REMARKS, text, of_contract=True)
    return remarks


def sentences_on_left_out(known: Iterable[Remark], present: Iterable[Remark]) -> tuple[str, ...]:
    """What keeps rows that were not met before from making contracts, as much as is readable."""
    found = remark_sentences(new_remarks(known, present), ())
    more = len(found) - _MOST_SENTENCES
    return (*found[:_MOST_SENTENCES], f"{more} more") if more > 0 else found


def remark_sentences(
    of_product: Iterable[Remark],
    of_contracts: Iterable[tuple[str, Iterable[Remark]]],
    *,
    notices_only: bool = True,
) -> tuple[str, ...]:
    """One sentence for each thing that is remarked, naming the first contract that has it.

    `of_contracts` are remarks by the contract's name. What every row deserves is said by the
    contracts. With `notices_only` that somebody should look at alone.
    """
    contracts: defaultdict[str, list[str]] = defaultdict(list)
    for name, remarks in of_contracts:
        for remark in remarks:
            if remark.kind.is_notice or not notices_only:
                contracts[str(remark)].append(name)
    return (
        *(f"{_named(names)}: {text}" for text, names in contracts.items()),
        *(f"{remark}; not stored" for remark in of_product if remark.contract is not None),
    )


def _named(contracts: list[str]) -> str:
    first, *others = dict.fromkeys(contracts)
    return f"{first} and {len(others)} more" if others else first
