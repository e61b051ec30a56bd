"""The command to type next, which must act on the profile and database of this one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Self

from ibkr_sync.domain.databases.database_url import url_has_secret

DEMO_PROFILE = "demo"
_MASKED = "…"


@dataclass(frozen=True, slots=True)
class NextCommand:
    """Writes commands of ours as a shell takes them, after the global options `options`.

    `source` is where products are to be asked for: the source of this call, IBKR if it has none.
    `replaying` is the profile of this call if a replay gateway stands in for IBKR's.
    """

    options: tuple[str, ...] = ()
    source: str = "ibkr"
    replaying: str | None = None

    @classmethod
    def after(cls, *, profile: object, config: object, database: object) -> Self:
        """As the call before it: with the global options that were given, not None.

        A database URL with a secret in it is not repeated.
        """
        given = {"--profile": profile, "--config": config, "--database": database}
        options: list[str] = []
        for name, value in given.items():
            if value is not None:
                text = str(value)
                options += [name, _MASKED if url_has_secret(text) else shlex.quote(text)]
        return cls(tuple(options))

    @property
    def demo(self) -> str | None:
        """The command that plays the demo, where this call is one of its profile."""
        if self.replaying != DEMO_PROFILE:
            return None
        pairs = zip(self.options[::2], self.options[1::2], strict=True)
        kept = [word for pair in pairs if pair[0] != "--profile" for word in pair]
        return " ".join(("ibkr-sync", *kept, "demo"))

    def __call__(self, *arguments: str) -> str:
        """`ibkr-sync` with the global options and these arguments, quoted."""
        return " ".join(("ibkr-sync", *self.options, *map(shlex.quote, arguments)))
