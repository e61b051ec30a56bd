"""What a reply says, but for request ids and for hours, which roll: as a digest of its frames."""

from __future__ import annotations

import hashlib

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.evidence.recognition import ReplyStatement
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.value_parsers import parse_schedule


def statement_of(reply: ContractReply) -> ReplyStatement | None:
    """What a complete reply says, whatever the order of its rows.

    None where its rows do not all state the same hours, or these can't be read: they would have to
    be compared contract by contract.
    """
    details = [row.details for row in reply.rows]
    if len({(row.timeZoneId, row.tradingHours, row.liquidHours) for row in details}) != 1:
        return None
    zone_id = clean_text(details[0].timeZoneId)
    schedule = parse_schedule(details[0], zone_id, iana_zone(zone_id) if zone_id else None)
    if schedule is None or any(schedule.entries(kind) is None for kind in HoursKind):
        return None
    return ReplyStatement(
        digest=_digest(reply),
        con_ids=frozenset(row.contract.conId for row in details),
        schedule=schedule,
    )


def _digest(reply: ContractReply) -> str:
    asked = (reply.request, reply.server_version, reply.client_version, len(reply.rows))
    digest = hashlib.sha256(repr(asked).encode())
    parts = (
        message_in_frame(row.frame, reply.server_version).without_hours() for row in reply.rows
    )
    for part in sorted(parts):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()
