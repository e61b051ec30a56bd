"""What a reply says, but for request ids and for hours, which roll: as a digest of its frames.

Most replies say what the ones before said, and ibapi would take far longer to decode them. That
they can be decoded needs no proof: rows of the same bytes were, by the same ibapi. Of what is not
in the digest, the request id was read when the frame was taken in, and hours are read here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.evidence.recognition import ReplyStatement
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    RowStatement,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.value_parsers import parse_schedule


def statement_of(reply: ContractReply) -> ReplyStatement | None:
    """What a complete reply says, whatever the order of its rows, and decoded or not.

    None where its rows do not all state the same hours, or these can't be read: they would have to
    be compared contract by contract. None too for what no row is, or is written as no sender does.
    """
    try:
        rows = _rows_of_same_hours(reply)
        if not rows:
            return None
        sent_zone_id, trading, liquid = (text.decode("ascii") for text in rows[0].hours)
    except (MalformedFrameError, UnicodeDecodeError):
        return None
    zone_id = clean_text(sent_zone_id)
    time_zone = iana_zone(zone_id) if zone_id else None
    schedule = parse_schedule(trading, liquid, zone_id, time_zone)
    if schedule is None or any(schedule.entries(kind) is None for kind in HoursKind):
        return None
    return ReplyStatement(
        digest=_digest(reply, rows),
        con_ids=frozenset(row.con_id for row in rows),
        schedule=schedule,
    )


def _rows_of_same_hours(reply: ContractReply) -> list[RowStatement]:
    """All its rows; none where they state different hours."""
    rows: list[RowStatement] = []
    for frame in reply.rows.sent:
        rows.append(message_in_frame(frame, reply.server_version).statement())
        if rows[-1].hours != rows[0].hours:
            return []
    return rows


def _digest(reply: ContractReply, rows: Sequence[RowStatement]) -> str:
    asked = (reply.request, reply.server_version, reply.client_version, len(rows))
    digest = hashlib.sha256(repr(asked).encode())
    for part in sorted(row.besides for row in rows):
        digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()
