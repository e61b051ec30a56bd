"""What an export consists of: parts of its files, one after the other, and notes on them.

A format is a pure function from products to parts: it takes one product after the other and gives
what can be written by then, so that hundreds of chains are never held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from ibkr_sync.domain.entities.exported_product import ExportedProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """The next bytes of a file; parts of one file follow one another.

    Attributes:
        path: relative to the folder of the export, with `/`; empty for the only file of one.
    """

    path: str = ""
    content: bytes


class NoteKind(StrEnum):
    """What a note says of its subject."""

    UNKNOWN = "unknown"
    """A value is not known: it is left empty, or a stated default stands for it."""

    LEFT_OUT = "left_out"
    """It can't be written in this format at all."""

    COLLISION = "collision"
    """Something of it would have the name of another's, which was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportNote:
    """What could not be written as it is.

    Attributes:
        reason: what is so of it, as a clause: `the multiplier is not known`.
        subject: the product or contract, in words that commands accept.
        contracts: how many contracts are not written for it.
    """

    kind: NoteKind
    reason: str
    subject: str
    contracts: int = 0


ExportBuilder: TypeAlias = Callable[
    [Iterable[ExportedProduct], datetime], Iterator[FilePart | ExportNote]
]
"""Makes an export of products, in order of exchange and symbol; the aware instant is that of
which their states are."""
