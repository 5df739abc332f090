"""What a worker's processes say to each other: short JSON messages over a socket pair."""

from __future__ import annotations

import socket
from typing import Any

import orjson

MAX_MESSAGE = 65_536


def encode(kind: str, **content: Any) -> bytes:
    return orjson.dumps({"kind": kind, **content})


def decode(message: bytes) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(message)
    return document


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep messages apart and say when the other end is gone."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
