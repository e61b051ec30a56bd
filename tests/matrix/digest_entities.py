"""Prints what the sample's contracts are at server versions that the installed ibapi speaks.

A line for each version: the version and a digest of all that every contract holds but its
sizes, which came with version 164. All lines must agree, in every environment; the folder
above has to be on PYTHONPATH.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from fakes.protocol_versions import SPOKEN
from fakes.recordings import contract_of
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.sample import sample_recording
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VERSIONS = sorted({SPOKEN[0], SPOKEN[-1]} | {187, 201, 205} & set(SPOKEN))
SIZES = dict.fromkeys(("min_size", "size_increment", "suggested_size_increment"))


def main() -> None:
    """Print the lines."""
    recording = sample_recording(NOW.date(), HolidayCalendar())
    for version in VERSIONS:
        digest = hashlib.sha256()
        for contract in contracts(recording, version):
            everything = dataclasses.asdict(contract) | SIZES
            digest.update(repr(sorted(everything.items())).encode())
        sys.stdout.write(f"{version} {digest.hexdigest()}\n")


def contracts(recording: Recording, version: int) -> Iterator[FuturesContract]:
    """Every contract of the recording, as it comes through a gateway of that version."""
    with ScriptedGateway(recording, server_version=version, now=lambda: NOW) as replay:
        parameters = GatewayParameters(port=replay.port, messages_per_second=1000)
        with Gateway(parameters, lambda: NOW) as gateway:
            for symbol in sorted({row.symbol for row in recording.contracts}):
                request = ContractRequest(symbol=symbol, include_expired=True)
                yield from map(contract_of, gateway.request_contracts(request).result(60).rows)


if __name__ == "__main__":
    main()
