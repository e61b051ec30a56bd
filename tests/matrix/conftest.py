"""What only some environments can run: see `tests/matrix.py`, which makes them."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore: list[str] = []

if find_spec("ibapi") is None:
    collect_ignore.append("test_protobuf_session.py")
else:
    from ibapi.server_versions import MAX_CLIENT_VER

    if MAX_CLIENT_VER < 205:
        collect_ignore.append("test_protobuf_session.py")

if find_spec("ib_async") is None:
    collect_ignore.append("test_ib_async.py")
