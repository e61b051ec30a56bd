"""Reference data of futures at Interactive Brokers, kept in a local database.

`ibkr_sync.open()` gives it to Python, with the commands' nouns and verbs; docs/library.md has
recipes. What stands in `__all__` is public; each name is loaded when it is first asked for.
"""

TYPE_CHECKING = False  # as `typing` has it, which takes longer to load than all of this
if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import (
        ContractMonth,
        ContractSeries,
        ContractState,
        FuturesContract,
    )
    from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, Settlement
    from ibkr_sync.domain.entities.futures import AssetClass, Future, ProductKey
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.errors import (
        AlreadyRunningError,
        AmbiguousContractError,
        AmbiguousProductError,
        ConfigError,
        ContractNotFoundError,
        DatabaseClosedError,
        DeliveryFileError,
        FrameError,
        GatewayError,
        HoursUnknownError,
        IbkrSyncError,
        MalformedSymbolError,
        NeverFetchedError,
        NothingToExportError,
        NothingToRefreshError,
        NotPinnedError,
        NoTradableContractError,
        NotWatchedError,
        NotYetKnownError,
        ProductLookupError,
        ProductNotFoundError,
        StorageError,
        UnknownExchangeError,
        UnknownGroupError,
        UnknownRunError,
        WatchlistFileError,
    )
    from ibkr_sync.domain.history.events import Event, EventType
    from ibkr_sync.domain.history.severity import Severity
    from ibkr_sync.library.opening import open  # noqa: A004 - as `gzip.open`
    from ibkr_sync.library.past_data import PastData
    from ibkr_sync.library.reference_data import ReferenceData
    from ibkr_sync.library.tables import (
        Contracts,
        Events,
        Expirations,
        Products,
        Rolls,
    )
    from ibkr_sync.library.watchlist import Watchlist
    from ibkr_sync.version import __version__

__all__ = [
    "AlreadyRunningError",
    "AmbiguousContractError",
    "AmbiguousProductError",
    "AssetClass",
    "Confidence",
    "ConfigError",
    "ContractMonth",
    "ContractNotFoundError",
    "ContractSeries",
    "ContractState",
    "Contracts",
    "DatabaseClosedError",
    "DeliveryDates",
    "DeliveryFileError",
    "Event",
    "EventType",
    "Events",
    "Expirations",
    "FrameError",
    "Future",
    "FuturesContract",
    "GatewayError",
    "HoursUnknownError",
    "IbkrSyncError",
    "MalformedSymbolError",
    "NeverFetchedError",
    "NoTradableContractError",
    "NotPinnedError",
    "NotWatchedError",
    "NotYetKnownError",
    "NothingToExportError",
    "NothingToRefreshError",
    "PastData",
    "ProductKey",
    "ProductLookupError",
    "ProductNotFoundError",
    "ProductSummary",
    "Products",
    "ReferenceData",
    "Rolls",
    "Settlement",
    "Severity",
    "StorageError",
    "UnknownExchangeError",
    "UnknownGroupError",
    "UnknownRunError",
    "Watchlist",
    "WatchlistFileError",
    "__version__",
    "open",
]

_PLACES = {
    "ibkr_sync.domain.entities.contracts": (
        "ContractMonth",
        "ContractSeries",
        "ContractState",
        "FuturesContract",
    ),
    "ibkr_sync.domain.entities.delivery": (
        "Confidence",
        "DeliveryDates",
        "Settlement",
    ),
    "ibkr_sync.domain.entities.futures": (
        "AssetClass",
        "Future",
        "ProductKey",
    ),
    "ibkr_sync.domain.entities.product_summary": ("ProductSummary",),
    "ibkr_sync.domain.errors": (
        "AlreadyRunningError",
        "AmbiguousContractError",
        "AmbiguousProductError",
        "ConfigError",
        "ContractNotFoundError",
        "DatabaseClosedError",
        "DeliveryFileError",
        "FrameError",
        "GatewayError",
        "HoursUnknownError",
        "IbkrSyncError",
        "MalformedSymbolError",
        "NeverFetchedError",
        "NoTradableContractError",
        "NotPinnedError",
        "NotWatchedError",
        "NotYetKnownError",
        "NothingToExportError",
        "NothingToRefreshError",
        "ProductLookupError",
        "ProductNotFoundError",
        "StorageError",
        "UnknownExchangeError",
        "UnknownGroupError",
        "UnknownRunError",
        "WatchlistFileError",
    ),
    "ibkr_sync.domain.history.events": (
        "Event",
        "EventType",
    ),
    "ibkr_sync.domain.history.severity": ("Severity",),
    "ibkr_sync.library.opening": ("open",),
    "ibkr_sync.library.past_data": ("PastData",),
    "ibkr_sync.library.reference_data": ("ReferenceData",),
    "ibkr_sync.library.tables": (
        "Contracts",
        "Events",
        "Expirations",
        "Products",
        "Rolls",
    ),
    "ibkr_sync.library.watchlist": ("Watchlist",),
    "ibkr_sync.version": ("__version__",),
}
"""The names that each module has."""


def __getattr__(name: str) -> object:
    for place, names in _PLACES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(place), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
