"""What peers read: the whole sample, as `tests/run_peers.py` exported it.

Only the standard library and pytest are there beside a peer: the other tests' conftest is not
loaded, and nothing is collected where nothing was exported.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

EXPORTED = os.environ.get("IBKR_SYNC_PEERS_EXPORTED", "")

collect_ignore_glob = [] if EXPORTED else ["test_*.py"]


@pytest.fixture(scope="session")
def exported() -> Path:
    """The folder with the database `sample.db`, and what was made of it."""
    return Path(EXPORTED)


@pytest.fixture(scope="session")
def contracts(exported: Path) -> dict[int, dict[str, Any]]:
    """Every contract by its conId, as our own JSON documents have it, with its product's."""
    with (exported / "products.jsonl").open(encoding="utf-8") as lines:
        products = [json.loads(line) for line in lines]
    return {
        contract["con_id"]: {**contract, "product": product}
        for product in products
        for contract in product["contracts"]
    }
