"""Who holds a lock is read from what Linux lists."""

from __future__ import annotations

from ibkr_sync.domain.runs.diagnosis.database import LockFacts
from ibkr_sync.infrastructure.repositories.local_repo.database.lock_holder import lock_in_table
from one_case import one_case

OTHERS = """\
1: POSIX  ADVISORY  WRITE 812 00:1c:77 0 EOF
2: FLOCK  ADVISORY  WRITE 813 08:01:170 0 EOF
"""


@one_case(
    ("locks", "facts"),
    [
        (OTHERS, None),
        (
            f"{OTHERS}3: FLOCK  ADVISORY  WRITE 4711 08:01:77 0 EOF\n",
            LockFacts(is_held=True, holder="process 4711"),
        ),
        ("1: FLOCK ADVISORY WRITE 0 08:01:77 0 EOF\n", LockFacts(is_held=True)),
        (f"{OTHERS}2: -> FLOCK ADVISORY WRITE 9 08:01:77 0 EOF\n", None),
        ("1: FLOCK ADVISORY WRITE soon 08:01:77 0 EOF\n", LockFacts(is_held=True)),
        ("", None),
    ],
)
def test_the_holder_is_found_by_the_file(locks: str, facts: LockFacts | None) -> None:
    assert lock_in_table(locks, 77) == facts
