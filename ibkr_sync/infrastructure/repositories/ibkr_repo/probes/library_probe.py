"""Which ibapi is installed, and whether it can be loaded."""

from __future__ import annotations

from importlib import metadata

from ibkr_sync.domain.errors import ClientLibraryError
from ibkr_sync.domain.runs.diagnosis.installation import LibraryFacts

_PACKAGE = "ibapi"


def probe_library() -> LibraryFacts:
    """Find out about the installed ibapi; one that is broken harms nothing."""
    names = sorted(set(filter(None, metadata.packages_distributions().get(_PACKAGE, ()))))
    owners = {name: str(metadata.version(name)) for name in names}
    try:
        from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
            CLIENT_VERSIONS,
            IBAPI_VERSION,
        )
    except ClientLibraryError as error:
        return LibraryFacts(owners=owners, error=error)
    return LibraryFacts(owners=owners, version=IBAPI_VERSION, speaks=CLIENT_VERSIONS)
