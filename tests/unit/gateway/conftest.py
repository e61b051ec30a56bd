from __future__ import annotations

from fakes.es_row import make_row

__all__ = ["make_row"]
