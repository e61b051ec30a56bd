"""Scripted faults: each rewrites the plan of a reply before it is carried out.

Faults compose: a gateway takes any number of them. Those that change messages run first, in
the order given, then those that work on bytes. Each can be limited to one symbol and to some
of the occasions it concerns, so that retries and other products succeed. A fault about a row
that the reply doesn't have changes nothing.
"""

from gateway.faults.base import (
    Fault,
    FaultScript,
    Occasion,
    Situation,
)
from gateway.faults.contents import (
    CutRow,
    DroppedField,
    DuplicatedRow,
    EndWithExtraField,
    EndWithoutRequestId,
    ErrorReply,
    ForeignRows,
    InsertedBytes,
    KeptRows,
    NoEndMarker,
    Notice,
    RateRefused,
    ReplacedField,
    TruncatedRow,
)
from gateway.faults.greeting import (
    ClientIdInUse,
    EarlyStart,
    NoNextValidId,
    PortReset,
    ServerVersionText,
)
from gateway.faults.line import (
    Chunked,
    Drip,
    HangUpAfterRows,
    Late,
    PaddedReply,
    PauseAfterBytes,
    PauseAfterRows,
    RawReply,
    Silence,
)
from gateway.faults.order import ShuffledRows

__all__ = [
    "Chunked",
    "ClientIdInUse",
    "CutRow",
    "Drip",
    "DroppedField",
    "DuplicatedRow",
    "EarlyStart",
    "EndWithExtraField",
    "EndWithoutRequestId",
    "ErrorReply",
    "Fault",
    "FaultScript",
    "ForeignRows",
    "HangUpAfterRows",
    "InsertedBytes",
    "KeptRows",
    "Late",
    "NoEndMarker",
    "NoNextValidId",
    "Notice",
    "Occasion",
    "PaddedReply",
    "PauseAfterBytes",
    "PauseAfterRows",
    "PortReset",
    "RateRefused",
    "RawReply",
    "ReplacedField",
    "ServerVersionText",
    "ShuffledRows",
    "Silence",
    "Situation",
    "TruncatedRow",
]
