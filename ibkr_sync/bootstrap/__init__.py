"""The composition root: builds adapters, and services on top of them, from a profile.

Adapters are imported where they are built, so that a command loads only what it needs.
"""

from ibkr_sync.bootstrap.profile import bootstrap
from ibkr_sync.bootstrap.services import Services

__all__ = ["Services", "bootstrap"]
