"""What the routes share: ids in paths, and bodies of any size, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import fastapi
from starlette import responses

from kolba.kit.http import disposition

UNBOUNDED = 2**62
"""For routes whose bodies go into a spool, which has the limit of its own, `upload.max_bytes`."""

Id = Annotated[int, fastapi.Path(ge=1, lt=2**63)]


def stream(
    pieces: Iterator[bytes], *, media_type: str, filename: str, size_bytes: int | None = None
) -> responses.StreamingResponse:
    """The pieces as a download. The first is fetched now, so that a failure is still a problem document."""
    headers = {"Content-Disposition": disposition.header(filename)}
    if size_bytes is not None:
        headers["Content-Length"] = str(size_bytes)
    held = _held_back(pieces)
    first = next(held, b"")
    return responses.StreamingResponse(_from(first, held), media_type=media_type, headers=headers)


def _held_back(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, each only after the next has come.

    Whether the bytes are sound is known at their end: when they are not, the last piece must not have been sent.
    """
    previous: bytes | None = None
    for piece in pieces:
        if previous is not None:
            yield previous
        previous = piece
    if previous is not None:
        yield previous


def _from(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def announced_bytes(request: fastapi.Request) -> int | None:
    """How large the body will be, where the sender says so."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else None
