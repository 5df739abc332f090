"""What the connectors do alike with the files of a place."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from kolba.collector import settings
from kolba.kit.egress import client, sink

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW_BITS = 31


def shown(names: Sequence[str]) -> str:
    """Several names as one: the first, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} (+{len(names) - 1})"


def revision(digests: Mapping[str, str]) -> str:
    """One digest for the files of a place, by role; of one file its own."""
    if list(digests) == [settings.WHOLE]:
        return digests[settings.WHOLE]
    lines = "".join(f"{role} {digests[role]}\n" for role in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextlib.contextmanager
def all_or_none() -> Iterator[dict[str, sink.Kept]]:
    """Collects what has been brought; when the block fails, it is removed."""
    brought: dict[str, sink.Kept] = {}
    try:
        yield brought
    except BaseException:
        for kept in brought.values():
            kept.path.unlink(missing_ok=True)
        raise


async def unpack(
    packed: BinaryIO,
    target: pathlib.Path,
    *,
    compression: str,
    place: str,
    max_bytes: int,
    sha256: str | None,
) -> sink.Kept:
    """The content of a file at `target`. Raises what `sink.keep` and `client.inflated` raise.

    Some web servers unpack what they send; whatever arrives unpacked is taken as it is, for its digest decides.
    """
    is_packed = compression == "gzip" and packed.read(2) == _GZIP
    packed.seek(0)
    pieces = sink.chunks(packed)
    if is_packed:
        pieces = client.inflated(pieces, _GZIP_WINDOW_BITS, place)
    return await sink.keep(pieces, target, url=place, max_bytes=max_bytes, sha256=sha256)
