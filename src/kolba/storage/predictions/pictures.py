"""The pictures that come with predictions. One that is not fit is left out: the answer was given, and is recorded."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import re
from collections.abc import Iterable
from typing import Any

from kolba.contracts import predictions as contracts
from kolba.inference.images import limits
from kolba.storage.images import headers
from kolba.storage.images import repository as images

_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT = contracts.MAX_PICTURE_BYTES * 4 // 3 + 4


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    sha256: str
    header: headers.Header | None
    content: bytes | None
    """None, as the header: it was not sent, but may be among the person's images."""


def read(hashes: Any, files: Any, dropped: list[str]) -> list[Picture]:
    """What is fit of a prediction's `images` and `pictures`; to `dropped` is added why the others are not."""
    hashes = hashes if isinstance(hashes, list) else []
    files = files if isinstance(files, list) else []
    found: list[Picture] = []
    for position in range(max(len(hashes), len(files))):
        if position == contracts.MAX_PICTURES:
            dropped.append(f"more than {contracts.MAX_PICTURES} pictures")
            break
        told = hashes[position] if position < len(hashes) else None
        sent = files[position] if position < len(files) else None
        picture = _sent(told, sent) if sent is not None else _named(told)
        if isinstance(picture, Picture):
            found.append(picture)
        else:
            dropped.append(picture)
    return found


def new(shown: Iterable[tuple[Any, Any, str, Picture]]) -> list[images.New]:
    """Those that were sent, as images of the owners named third."""
    return [
        images.New(
            owner=owner,
            sha256=one.sha256,
            header=one.header,
            size_bytes=len(one.content),
            content=one.content,
        )
        for *_, owner, one in shown
        if one.content is not None and one.header is not None
    ]


def _named(told: Any) -> Picture | str:
    if isinstance(told, str) and _HASH.fullmatch(told):
        return Picture(sha256=told, header=None, content=None)
    return "not a SHA-256"


def _sent(told: Any, sent: Any) -> Picture | str:
    """The picture, or why it is none."""
    content = _decoded(sent)
    if isinstance(content, str):
        return content
    header = headers.look(content)
    if header is None:
        return "not an image"
    if max(header.width, header.height) > limits.MAX_SIDE:
        return "too many pixels"
    sha256 = hashlib.sha256(content).hexdigest()
    if told not in (None, sha256):
        return "another hash than it was said to have"
    return Picture(sha256=sha256, header=header, content=content)


def _decoded(sent: Any) -> bytes | str:
    """The file, or why it is none."""
    if not isinstance(sent, str):
        return "not base64"
    if len(sent) > _LONGEST_TEXT:
        return "too large"
    try:
        content = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return "not base64"
    return content if len(content) <= contracts.MAX_PICTURE_BYTES else "too large"
