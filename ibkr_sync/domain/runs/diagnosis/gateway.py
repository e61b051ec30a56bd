"""Whether a gateway answers, and answers for IBKR."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    GatewayError,
    GatewayUnreachableError,
    IbkrSyncError,
    UnreachableReason,
    UnsupportedServerVersionError,
    UpstreamDownError,
)
from ibkr_sync.domain.runs.diagnosis.findings import (
    Check,
    Finding,
    Fix,
    failed,
    passed,
    skipped,
    warned,
)

USUAL_PORTS = {
    7496: "TWS, live",
    7497: "TWS, paper",
    4001: "IB Gateway, live",
    4002: "IB Gateway, paper",
}
"""The ports that gateways listen at unless somebody chose others."""

MOST_CLOCK_DIFFERENCE = timedelta(seconds=30)
"""What receives a reply dates it: beyond this, ages and orders would be wrong."""

_CHECKS = (
    Check.CONNECTION,
    Check.HANDSHAKE,
    Check.SERVER_VERSION,
    Check.CLIENT_ID,
    Check.DATA_FARMS,
    Check.CONTRACT_DETAILS,
    Check.CLOCK,
)


class FarmKind(StrEnum):
    """What a data farm of IBKR serves; contract details come from security definitions."""

    MARKET_DATA = "market data"
    HISTORY = "historical data"
    DEFINITIONS = "security definitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class FarmStatus:
    """What a gateway last said of a data farm; `name` is IBKR's, as `usfarm`."""

    kind: FarmKind
    name: str
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDifference:
    """How far the gateway's clock is ahead of ours.

    Attributes:
        ahead: without whole quarters of an hour where `is_whole` is unset, as the time zone of
            the gateway's clock is then not known for certain.
        said: the time as the gateway gave it.
    """

    ahead: timedelta
    is_whole: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """A session that came about, and what a question in it came to.

    Attributes:
        speaks: the oldest and newest version of the protocol that is tested.
        client_id: the one that was given, after `first_client_id` and those between were taken.
        clock: None where the gateway gave no time that can be read.
        outage: what the gateway said of a lost IBKR that has not come back.
        asked: the product that was asked for, of which `contracts` came within `took`.
        error: why the answer can't be used.
    """

    server_version: int
    speaks: tuple[int, int]
    client_id: int
    first_client_id: int
    clock: ClockDifference | None
    farms: tuple[FarmStatus, ...]
    outage: str | None
    asked: str
    contracts: int
    took: timedelta
    error: IbkrSyncError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFacts:
    """A gateway as it was found, at `host` and `port`.

    Attributes:
        error: why there was no session.
        open_ports: where else, of `USUAL_PORTS`, something listens on the host.
        session: None where there was none, or without an ibapi that could open it.
    """

    host: str
    port: int
    error: GatewayError | None = None
    open_ports: tuple[int, ...] = ()
    session: SessionFacts | None = None


def judge_gateway(facts: GatewayFacts) -> Iterator[Finding]:
    """Findings from the connection to the answer, one for each check."""
    found = _findings_without_session(facts)
    if facts.session is not None:
        found |= _findings_of_session(facts.session, facts)
    for check in _CHECKS:
        yield found.get(check) or skipped(check, "not checked")


def _findings_without_session(facts: GatewayFacts) -> dict[Check, Finding]:
    accepts = passed(Check.CONNECTION, f"{facts.host}:{facts.port} accepts")
    answers = passed(Check.HANDSHAKE, "answers as a gateway does")
    supported = passed(Check.SERVER_VERSION, "supported")
    match facts.error:
        case None:
            findings = [accepts] if facts.session is None else [accepts, answers]
        case GatewayUnreachableError():
            findings = [_unreachable(facts.error, facts.open_ports)]
        case UnsupportedServerVersionError():
            findings = [accepts, answers, failed(Check.SERVER_VERSION, facts.error)]
        case ClientIdInUseError():
            findings = [accepts, answers, supported, failed(Check.CLIENT_ID, facts.error)]
        case _:
            findings = [accepts, failed(Check.HANDSHAKE, facts.error)]
    return {finding.check: finding for finding in findings}


def _findings_of_session(session: SessionFacts, facts: GatewayFacts) -> dict[Check, Finding]:
    oldest, newest = session.speaks
    findings = [
        passed(
            Check.SERVER_VERSION, f"{session.server_version}, supported are {oldest} to {newest}"
        ),
        _judge_client_id(session),
        _judge_farms(session, facts),
        _judge_answer(session),
        _judge_clock(session.clock),
    ]
    return {finding.check: finding for finding in findings}


def _unreachable(error: GatewayUnreachableError, open_ports: tuple[int, ...]) -> Finding:
    """What the error advises, to see what listens, is done already."""
    if not open_ports:
        is_refused = error.reason is UnreachableReason.REFUSED
        fix = Fix.START_GATEWAY if is_refused else None
        return dataclasses.replace(failed(Check.CONNECTION, error), fix=fix)
    listening = ", ".join(f"{port} ({USUAL_PORTS.get(port, 'other')})" for port in open_ports)
    return dataclasses.replace(
        failed(Check.CONNECTION, error, f"Something listens at {listening}"),
        fix=Fix.USE_PORT,
        subject=str(open_ports[0]),
    )


def _judge_client_id(session: SessionFacts) -> Finding:
    given, first = session.client_id, session.first_client_id
    if given == first:
        return passed(Check.CLIENT_ID, f"{given} is free")
    taken = str(first) if given == first + 1 else f"{first} to {given - 1}"
    found = f"{taken} taken (326), {given} is free"
    return warned(Check.CLIENT_ID, found, Fix.FREE_CLIENT_ID, str(given))


def _judge_farms(session: SessionFacts, facts: GatewayFacts) -> Finding:
    if session.outage is not None:
        error = UpstreamDownError(facts.host, facts.port, session.outage)
        return failed(Check.DATA_FARMS, error)
    broken = ", ".join(f"{farm.name} ({farm.kind})" for farm in session.farms if farm.is_broken)
    if broken:
        found = f"down: {broken}; contract details don't need them"
        return warned(Check.DATA_FARMS, found, Fix.AWAIT_FARMS)
    names = ", ".join(farm.name for farm in session.farms)
    return passed(Check.DATA_FARMS, f"up: {names}" if names else "none reported down")


def _judge_answer(session: SessionFacts) -> Finding:
    """A lost IBKR is said once, unless it is only its definitions that are away."""
    error = session.error
    is_outage = isinstance(error, UpstreamDownError)
    if session.outage is not None and is_outage:
        return skipped(Check.CONTRACT_DETAILS, "not checked")
    if error is not None:
        return failed(Check.CONTRACT_DETAILS, error)
    seconds = session.took.total_seconds()
    return passed(
        Check.CONTRACT_DETAILS, f"{session.asked}: {session.contracts} contracts in {seconds:.1f} s"
    )


def _judge_clock(clock: ClockDifference | None) -> Finding:
    if clock is None:
        return skipped(Check.CLOCK, "the gateway gave no time that can be read")
    seconds = round(abs(clock.ahead).total_seconds())
    apart = f"{timedelta(seconds=seconds)} {'ahead' if clock.ahead > timedelta() else 'behind'}"
    quarters = "" if clock.is_whole else ", but for quarters of an hour: its zone is not certain"
    if abs(clock.ahead) <= MOST_CLOCK_DIFFERENCE:
        return passed(Check.CLOCK, f"within {seconds} s of the gateway's{quarters}")
    found = f"the gateway's is {apart}, at {clock.said}{quarters}"
    return warned(Check.CLOCK, found, Fix.SET_CLOCK)
