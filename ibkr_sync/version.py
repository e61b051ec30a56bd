"""The version, apart from the library's names, which may load much of the package."""

__version__ = "0.1.0"
