"""How many contracts a second become entities, by server version, through the installed ibapi."""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from benchmarks.figures import Figure, quartiles

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import (
        TranslatedRow,
    )

_VERSIONS = (157, 187, 200, 205, 226)
"""Text as 9.81.1 speaks it, text of today, and protobuf from its first to its newest version."""

_REQUEST_ID = 1_000_000


def measure(rounds: int) -> Iterator[Figure]:
    """Take the sample's contracts in again and again, without any socket."""
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
        CLIENT_VERSIONS,
        IBAPI_VERSION,
    )

    newest = CLIENT_VERSIONS[1]
    for version in sorted({min(version, newest) for version in _VERSIONS}):
        frames = _frames(version)
        for name, take in _ways_to_take(version).items():
            per_second = [len(frames) / _seconds(take, frames) for _ in range(rounds)]
            yield Figure(
                subject=f"Contracts decoded with ibapi {IBAPI_VERSION}",
                name=f"{name} at server version {version}",
                unit="contracts/s",
                median=statistics.median(per_second),
                quartiles=quartiles(per_second),
                rounds=rounds,
            )


def entities() -> list[FuturesContract]:
    """The sample's contracts that trade, as they become entities."""
    version = _VERSIONS[0]
    take = _ways_to_take(version)["frame to entity"]
    rows = cast("list[TranslatedRow]", [take(frame) for frame in _frames(version)])
    contracts = (row.contract for row in rows)
    return [contract for contract in contracts if contract and contract.schedule is not None]


def _frames(version: int) -> list[bytes]:
    """The sample as a gateway of that version says it."""
    from gateway.dialects import dialect_for
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay.sample import sample_recording

    dialect = dialect_for(version)
    recording = sample_recording(datetime.now(UTC).date(), HolidayCalendar())
    return [dialect.contract_data(row, _REQUEST_ID) for row in recording.contracts]


def _ways_to_take(version: int) -> dict[str, Callable[[bytes], object]]:
    """From a frame to what ibapi makes of it, and all the way to an entity."""
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import RowEvent
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ReplyRow
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import (
        message_in_frame,
    )
    from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import (
        translate_row,
    )

    ours, theirs = socket.socketpair()
    theirs.close()  # nothing is sent
    client = ReadOnlyClient(GatewayConnection("nowhere", 0, ours), 1, version)

    def receive(frame: bytes) -> ReplyRow:
        message = message_in_frame(frame, version)
        text = message.row_text()
        event = client.decode_message(message.decodable())
        assert isinstance(event, RowEvent)  # noqa: S101 - or nothing was measured
        return ReplyRow(details=event.details, text=text, frame=frame)

    return {
        "ibapi alone": lambda frame: client.decode_message(
            message_in_frame(frame, version).decodable()
        ),
        "frame to row": receive,
        "frame to entity": lambda frame: translate_row(receive(frame)),
    }


def _seconds(take: Callable[[bytes], object], frames: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for frame in frames:
        take(frame)
    return time.perf_counter() - began
