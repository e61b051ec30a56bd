"""The command to type next, which must act on the profile and database of this one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Self

from ibkr_sync.domain.database_url import url_has_secret

_MASKED = "…"


@dataclass(frozen=True, slots=True)
class NextCommand:
    """Writes commands of ours as a shell takes them, after the global options `options`.

    `source` is where products are to be asked for: the source of this call, IBKR if it has none.
    """

    options: tuple[str, ...] = ()
    source: str = "ibkr"

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

    def __call__(self, *arguments: str) -> str:
        """`ibkr-sync` with the global options and these arguments, quoted."""
        return " ".join(("ibkr-sync", *self.options, *map(shlex.quote, arguments)))
