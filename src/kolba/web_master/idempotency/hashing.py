"""The hash of a body while it streams by. Pure."""

from __future__ import annotations

import dataclasses
import email.message
import hashlib


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    sha256: str
    """Hexadecimal."""
    size: int
    """Bytes, without a form's boundaries."""


class BodyHash:
    """A form is hashed without its boundary, which clients make up anew each time they send the same form."""

    def __init__(self, content_type: str | None) -> None:
        self._hash = hashlib.sha256()
        self._size = 0
        self._boundary = _boundary(content_type)
        self._tail = b""
        """What may be the beginning of a boundary."""

    @property
    def size(self) -> int:
        """So far, but for what may be a boundary's beginning."""
        return self._size

    def update(self, chunk: bytes) -> None:
        if not self._boundary:
            self._add(chunk)
            return
        *whole, rest = (self._tail + chunk).split(self._boundary)
        for part in whole:
            self._add(part)
        kept = len(self._boundary) - 1
        self._tail = rest[len(rest) - kept :] if kept < len(rest) else rest
        self._add(rest[: len(rest) - len(self._tail)])

    def digest(self) -> Digest:
        """Of all that came; nothing may come after."""
        self._add(self._tail)
        self._tail = b""
        return Digest(sha256=self._hash.hexdigest(), size=self._size)

    def _add(self, part: bytes) -> None:
        self._hash.update(part)
        self._size += len(part)


def of(body: bytes, content_type: str | None) -> Digest:
    made = BodyHash(content_type)
    made.update(body)
    return made.digest()


def _boundary(content_type: str | None) -> bytes:
    """Of `multipart/…; boundary=…`; empty where there is none."""
    if not content_type or not content_type.lower().startswith("multipart/"):
        return b""
    message = email.message.Message()
    message["content-type"] = content_type
    return (message.get_boundary() or "").encode("latin-1", "replace")
