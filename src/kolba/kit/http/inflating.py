"""Compressed request bodies: inflated within the limit that holds for every body."""

from __future__ import annotations

import asyncio
import zlib

from kolba.kit import errors, text

ENCODINGS = ("gzip", "deflate")
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_MOST_PARTS = 1000
"""Of one body. What is left is copied after each: with hundreds of thousands of empty ones, for minutes."""


class UnsupportedEncoding(errors.KolbaError):
    status = 415
    slug = "unsupported-encoding"
    title = text.Text(
        en="This content encoding is not understood", ru="Такое сжатие здесь не понимают"
    )
    detail = text.Text(
        en="`Content-Encoding: {encoding}` is not understood here; send gzip, deflate, or the plain body.",
        ru="`Content-Encoding: {encoding}` здесь не понимают; пришлите gzip, deflate или тело без сжатия.",
    )

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding=encoding[:100], headers={"Accept-Encoding": ", ".join(ENCODINGS)})


class BrokenEncoding(errors.KolbaError):
    status = 400
    slug = "broken-encoding"
    title = text.Text(en="The compressed body is damaged", ru="Сжатое тело запроса повреждено")
    detail = text.Text(
        en="The body is not whole {encoding} data. Compress it again, or send it plain.",
        ru="Тело запроса: не целые данные {encoding}. Сожмите его снова или пришлите без сжатия.",
    )


async def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """`body` as it was before `encoding` (a `Content-Encoding` header), aside, so that nobody else waits.

    Raises `UnsupportedEncoding`, `BrokenEncoding`, and `BodyTooLarge` as soon as more than `limit` bytes come out.
    """
    named = encoding.strip().lower()
    if named in ("", "identity"):
        return body
    if named not in _WINDOWS:
        raise UnsupportedEncoding(encoding)
    return await asyncio.to_thread(_inflated, body, named, limit)


def _inflated(body: bytes, encoding: str, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:  # a gzip body may be several, one after another
        if len(parts) == _MOST_PARTS:
            raise BrokenEncoding(encoding=encoding)
        reader = zlib.decompressobj(_WINDOWS[encoding])
        try:
            part = reader.decompress(rest, limit - size + 1)
        except zlib.error:
            raise BrokenEncoding(encoding=encoding) from None
        size += len(part)
        if size > limit:
            raise errors.BodyTooLarge
        if not reader.eof:
            raise BrokenEncoding(encoding=encoding)
        parts.append(part)
        rest = reader.unused_data
    return b"".join(parts)
