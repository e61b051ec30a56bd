"""Server versions to test at: where something changes, as far as the installed ibapi goes."""

from __future__ import annotations

from ibapi.server_versions import MAX_CLIENT_VER

SIZES = 164
"""From here on rows say their minimum size and their size increments."""

PROTOBUF_ROWS = 205
"""From here on rows are protobuf."""

_TURNING_POINTS = (157, 163, SIZES, 176, 182, 186, 187, 194, 200, 201, 204, PROTOBUF_ROWS)
_LATER_TURNING_POINTS = (207, 211, 212, 213, 215, 223, 226)

SPOKEN = tuple(
    version for version in (*_TURNING_POINTS, *_LATER_TURNING_POINTS) if version <= MAX_CLIENT_VER
)
"""Of these the installed ibapi speaks; 9.81.1 the first only."""
