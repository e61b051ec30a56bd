"""What a run goes through, and how it is to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from e2e.command_line import COMMAND
from e2e.preloaded import Process
from gateway.faults import Fault
from gateway.server import ScriptedGateway

SETTINGS: Mapping[str, float] = {
    "connect_timeout": 30,
    "handshake_timeout": 30,
    "idle_timeout": 30,
    "total_timeout": 60,
    "run_timeout": 80,
    "client_id_tries": 3,
}
"""So long that no busy machine ever reaches them: who is to run into one makes it shorter."""


INSTALLED = (str(COMMAND),)
"""Launches the command as a shell does."""


class Fate(Enum):
    """What becomes of the products that were asked for."""

    UNCHANGED = auto()
    RENEWED = auto()
    OLD_OR_NEW = auto()
    OTHERWISE = auto()
    """Renewed, with other values than the sample's; the test looks at them itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    """What a run goes through, and how it is to end.

    Attributes:
        code: the exit code.
        told: what stderr says, among other things.
        seconds: how long it waits at most; see `lateness` for what it may take besides.
        fate: what becomes of the products that were asked for, but for those `spared`.
        spared: of these nothing changes.
        command: what asks, get or refresh.
        connections: how many the gateway sees; None is any number.
        settings: of `[gateway]`, beside SETTINGS.
        launcher: what runs the command; None is a fork of the preloaded one, which will do
            where nothing is done to its start, and its memory and processor are not measured.
        during: what is done to the process while it runs.
        verbose: whether it logs all there is.
        gateway: options of the gateway.
    """

    faults: Sequence[Fault] = ()
    code: int | frozenset[int] = 0
    message: str = ""
    fate: Fate = Fate.UNCHANGED
    symbols: Sequence[str] = ("ES",)
    spared: Sequence[str] = ()
    options: Sequence[str] = ()
    command: str = "get"
    connections: int | None = None
    seconds: float = 0.0
    settings: Mapping[str, float] = field(default_factory=dict)
    launcher: Sequence[str] | None = None
    during: Callable[[Process, ScriptedGateway], None] | None = None
    verbose: bool = True
    gateway: Mapping[str, object] = field(default_factory=dict)

    @property
    def codes(self) -> frozenset[int]:
        """The exit codes of which it is to end with one."""
        return self.code if isinstance(self.code, frozenset) else frozenset((self.code,))
