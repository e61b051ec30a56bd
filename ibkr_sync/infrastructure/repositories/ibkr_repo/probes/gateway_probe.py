"""Whether a gateway answers: one session, and one question about a product that is always there."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    ClientLibraryError,
    DefinitionsUnavailableError,
    GatewayError,
    GatewayUnreachableError,
    IbkrSyncError,
    ProductNotFoundError,
    RequestRejectedError,
    UnreachableReason,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.diagnosis.gateway import USUAL_PORTS, GatewayFacts, SessionFacts
from ibkr_sync.infrastructure.deadlines import within
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.handshake import MIN_SERVER_VERSION
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.notice_meaning import (
    NO_SECURITY_DEFINITION,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.connection_time import compare_clocks

if TYPE_CHECKING:
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.gateway_session import (
        GatewaySession,
    )

_ASKED = FutureQuery(symbol="ES", exchange="CME", trading_class="ES")
"""Liquid, listed for years ahead, and of some twenty rows."""

_LONGEST = {
    "connect_timeout": 3.0,
    "handshake_timeout": 6.0,
    "idle_timeout": 4.0,
    "total_timeout": 6.0,
}
"""Seconds, where the settings allow more: somebody waits for the answer."""

_MOST_SECONDS = 14.0
_SCAN_SECONDS = 1.0


class GatewayProbe:
    """Finds out about the gateway at an address; done within some fourteen seconds."""

    def __init__(
        self, parameters: GatewayParameters, catalogue: Catalogue, clock: Callable[[], datetime]
    ) -> None:
        limits = {
            name: min(seconds, getattr(parameters, name)) for name, seconds in _LONGEST.items()
        }
        self._parameters = dataclasses.replace(parameters, **limits)
        self._catalogue = catalogue
        self._clock = clock

    def facts(self) -> GatewayFacts:
        """Connect, ask, and hang up; nothing that goes wrong is raised."""
        host, port = self._parameters.host, self._parameters.port
        try:
            session = within(_MOST_SECONDS, self._session)
        except TimeoutError:
            detail = f"no answer within {_MOST_SECONDS:g} s"
            late = GatewayUnreachableError(host, port, UnreachableReason.TIMED_OUT, detail)
            return GatewayFacts(host=host, port=port, error=late)
        except GatewayUnreachableError as error:
            open_ports = () if error.reason is UnreachableReason.UNKNOWN_HOST else self._scan()
            return GatewayFacts(host=host, port=port, error=error, open_ports=open_ports)
        except GatewayError as error:
            return GatewayFacts(host=host, port=port, error=error)
        return GatewayFacts(host=host, port=port, session=session)

    def _session(self) -> SessionFacts | None:
        """A session's facts; None where ibapi can't be loaded, and something accepts."""
        parameters = self._parameters
        try:
            from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
        except ClientLibraryError:
            where = parameters.host, parameters.port
            GatewayConnection.open(*where, parameters.connect_timeout).disconnect()
            return None
        deadline = time.monotonic() + parameters.connect_timeout + parameters.handshake_timeout
        with Gateway(parameters, self._clock) as gateway:
            return self._question(gateway.open(deadline))

    def _question(self, session: GatewaySession) -> SessionFacts:
        from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import CLIENT_VERSIONS

        request = ContractRequest(symbol=_ASKED.symbol, exchange=_ASKED.exchange or "")
        sent_at = time.monotonic()
        contracts, error = 0, None
        try:
            contracts = self._read(session.request_contracts(request).result())
        except IbkrSyncError as reason:
            error = self._judged(reason)
        return SessionFacts(
            server_version=session.server_version,
            speaks=(MIN_SERVER_VERSION, CLIENT_VERSIONS[1]),
            client_id=session.client_id,
            first_client_id=self._parameters.client_id,
            clock=compare_clocks(session.connection_time, session.connected_at),
            farms=session.farms,
            outage=session.outage,
            asked=str(request),
            contracts=contracts,
            took=timedelta(seconds=time.monotonic() - sent_at),
            error=error,
        )

    def _read(self, reply: ContractReply) -> int:
        """How many contracts a reply has, read as a run would; raises as that does."""
        from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import (
            ReplyReader,
        )

        reader = ReplyReader(Future, self._catalogue)
        return len(reader.read(_ASKED, reply).product.contracts)

    def _judged(self, error: IbkrSyncError) -> IbkrSyncError:
        """What is always there and not known is no question of its name."""
        where = self._parameters.host, self._parameters.port
        match error:
            case RequestRejectedError(code=code) if code == NO_SECURITY_DEFINITION:
                return DefinitionsUnavailableError(*where, f"{code} for {_ASKED}")
            case ProductNotFoundError():
                return DefinitionsUnavailableError(*where, f"no contract of {_ASKED}")
            case _:
                return error

    def _scan(self) -> tuple[int, ...]:
        ports = [other for other in USUAL_PORTS if other != self._parameters.port]
        with ThreadPoolExecutor(len(ports)) as threads:
            return tuple(
                port
                for port, listens in zip(ports, threads.map(self._listens, ports), strict=True)
                if listens
            )

    def _listens(self, port: int) -> bool:
        try:
            socket.create_connection((self._parameters.host, port), _SCAN_SECONDS).close()
        except OSError:
            return False
        return True
