"""The bytes of a download become a file: bounded, hashed, written beside and renamed."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import pathlib
import secrets
from collections.abc import AsyncIterator
from typing import BinaryIO

from kolba.kit.egress import errors

_CHUNK = 256 * 1024


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that is whole, on disk and of the expected digest."""

    path: pathlib.Path
    sha256: str
    size_bytes: int


async def keep(
    chunks: AsyncIterator[bytes],
    target: pathlib.Path,
    *,
    url: str,
    max_bytes: int,
    sha256: str | None,
) -> Kept:
    """Write `chunks` to `target`, whose folder must exist.

    Nothing is left there unless everything is right. Raises `errors.TooLarge`,
    `errors.WrongDigest`, and `OSError` from the disk.
    """
    partial = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    digest, size = hashlib.sha256(), 0
    try:
        with partial.open("xb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise errors.TooLarge(url=url, limit_bytes=max_bytes)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        actual = digest.hexdigest()
        if sha256 is not None and actual != sha256.lower():
            raise errors.WrongDigest(url=url, expected=sha256, actual=actual)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return Kept(path=target, sha256=actual, size_bytes=size)


async def chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    """A file's content in pieces, read beside the event loop."""
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk
