"""How to reach a gateway and how long to wait for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParameters:
    """Where the gateway listens, who we are to it, and our limits; durations in seconds.

    Attributes:
        client_id_tries: how many ids, counting up from `client_id`, are tried on error 326.
        connect_timeout: longest time for the TCP connection.
        handshake_timeout: from the TCP connection to `nextValidId`, the only proof of life.
        idle_timeout: longest silence while replies are due, and longest wait for IBKR to come
            back after the gateway has lost it.
        total_timeout: longest time for one reply.
        run_timeout: longest time for all the products of one run.
        requests_in_flight: chains asked for at once; TWS throttles large ones.
    """

    host: str = "127.0.0.1"
    port: int = 4002
    client_id: int = 411
    client_id_tries: int = 4
    connect_timeout: float = 5.0
    handshake_timeout: float = 15.0
    idle_timeout: float = 30.0
    total_timeout: float = 180.0
    run_timeout: float = 3600.0
    messages_per_second: float = 40.0
    requests_in_flight: int = 8
