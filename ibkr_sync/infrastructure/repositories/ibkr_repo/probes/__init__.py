"""Whether ibapi and a gateway could serve a run, found out with a handful of messages."""
