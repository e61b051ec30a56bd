"""The gateway: sockets, the sessions on them, and what answers a request."""
