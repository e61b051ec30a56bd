"""What only some environments can run; `tests/run_matrix.py` makes them."""

from __future__ import annotations

from importlib.util import find_spec

PROTOBUF = ["test_protobuf_session.py", "test_protobuf_fuzz.py"]

collect_ignore: list[str] = []

if find_spec("ibapi") is None:
    collect_ignore += PROTOBUF
else:
    from ibapi.server_versions import MAX_CLIENT_VER

    if MAX_CLIENT_VER < 205:
        collect_ignore += PROTOBUF

if find_spec("ib_async") is None and find_spec("ib_insync") is None:
    collect_ignore.append("test_other_clients.py")
