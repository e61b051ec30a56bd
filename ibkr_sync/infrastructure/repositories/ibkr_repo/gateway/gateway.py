"""The gateway as the repository sees it: sessions are opened, and replaced, as needed."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from ibkr_sync.domain.errors import ClientIdInUseError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.paced_sender import Sending
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.pacer import Pacer
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.gateway_session import (
    GatewaySession,
)

_FIRST_REQUEST_IDS = range(1_000_000, 1_000_000_000)

_SHORTEST_TIMEOUT = 0.05


class Gateway:
    """Opens a session with the first request and a fresh one after a broken one.

    Request ids are never reused, across sessions neither: rows of a former session must not
    be taken for replies of this one. Use it as a context manager.

    A `deadline` is monotonic seconds; opening a session takes no longer than until then.
    """

    def __init__(self, parameters: GatewayParameters, clock: Callable[[], datetime]) -> None:
        self.parameters = parameters
        self._clock = clock
        self._pacer = Pacer(parameters.messages_per_second)
        self._request_ids = itertools.count(random.choice(_FIRST_REQUEST_IDS))  # noqa: S311 - no secret
        self._session: GatewaySession | None = None
        self._past_disturbances = 0
        self.has_connected = False
        """Whether a session was ever opened."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def open(self, deadline: float = math.inf) -> GatewaySession:
        """The live session, or a new one.

        Raises GatewayUnreachableError, GatewayMovedError or a HandshakeError. When a client id is
        taken (error 326), the next ones are tried, a bounded number of times, never one id twice.
        """
        if self._session is not None and self._session.is_alive:
            return self._session
        if self._session is not None and self._session.moved is not None:
            raise self._session.moved
        self.close()
        first = self.parameters.client_id
        last = first + self.parameters.client_id_tries - 1
        for client_id in range(first, last):
            try:
                self._session = self._connect(client_id, deadline)
            except ClientIdInUseError:
                continue
            return self._session
        self._session = self._connect(last, deadline)
        return self._session

    @property
    def outage(self) -> str | None:
        """What TWS said about an outage of IBKR that has not ended; None if nothing is known."""
        return None if self._session is None else self._session.outage

    @property
    def disturbances(self) -> int:
        """How often the line to IBKR was disturbed: it went or came back, a session ended."""
        present = 0 if self._session is None else self._session.disturbances
        return self._past_disturbances + present

    def request_contracts(
        self, request: ContractRequest, deadline: float = math.inf
    ) -> Sending[ContractReply]:
        """Ask for contract details (see `GatewaySession.request_contracts`, and `open`)."""
        return self.open(deadline).request_contracts(request)

    def request_ladder(
        self, market_rule_id: int, deadline: float = math.inf
    ) -> Sending[LadderEvent]:
        """Ask for a tick ladder (see `GatewaySession.request_ladder`, and `open`)."""
        return self.open(deadline).request_ladder(market_rule_id)

    def await_upstream(self, seconds: float) -> bool:
        """Wait until the gateway reaches IBKR; False when it does not within that time.

        Without a session nothing is known to be wrong.
        """
        return self._session is None or self._session.await_upstream(seconds)

    def close(self) -> None:
        """End the session, if there is one."""
        session, self._session = self._session, None
        if session is not None:
            self._past_disturbances += session.disturbances + 1
            session.close()

    def _connect(self, client_id: int, deadline: float) -> GatewaySession:
        session = self._open_session(client_id, deadline)
        self.has_connected = True
        return session

    def _open_session(self, client_id: int, deadline: float) -> GatewaySession:
        left = max(deadline - time.monotonic(), _SHORTEST_TIMEOUT)
        parameters = dataclasses.replace(
            self.parameters,
            connect_timeout=min(self.parameters.connect_timeout, left),
            handshake_timeout=min(self.parameters.handshake_timeout, left),
        )
        return GatewaySession(
            parameters,
            client_id=client_id,
            pacer=self._pacer,
            request_ids=self._request_ids,
            clock=self._clock,
        )
