"""The seam: what a blob store does, and how it fails."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import pathlib
from collections.abc import Iterator
from typing import Protocol

from kolba.kit import errors, text

CHUNK_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    sha256: str
    size_bytes: int


class UnknownBlob(errors.NotFound):
    slug = "unknown-blob"
    detail = text.Text(
        en="No bytes are kept under SHA-256 {sha256}.",
        ru="Под SHA-256 {sha256} ничего не хранится.",
    )


class CorruptBlob(errors.KolbaError):
    slug = "corrupt-blob"
    title = text.Text(en="Stored bytes are damaged", ru="Хранимые данные повреждены")
    detail = text.Text(
        en="The bytes kept under SHA-256 {sha256} no longer have that hash. Restore them from a backup.",
        ru="Данные под SHA-256 {sha256} больше не совпадают с этим хешем. Восстановите их из резервной копии.",
    )


class BlobStore(Protocol):
    """Bytes under their SHA-256. Putting the same bytes twice keeps them once. Thread-safe; calls block."""

    def put(self, data: bytes) -> Blob:
        """Keep `data`; durable when this returns. Raises `StorageFull`."""
        ...

    def put_file(self, path: pathlib.Path) -> Blob:
        """Keep the content of the file at `path`, which stays the caller's. Raises `StorageFull`."""
        ...

    def take_file(self, path: pathlib.Path) -> Blob:
        """As `put_file`, but the file is the store's from now on: the caller may remove it, never write to it.

        On one disk this copies nothing.
        """
        ...

    def read(self, sha256: str) -> Iterator[bytes]:
        """The bytes in pieces. Raises `UnknownBlob`, and `CorruptBlob` at the end if they have changed."""
        ...

    def as_file(self, sha256: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        """The bytes as a file to read while the block lasts. Raises `UnknownBlob`, `CorruptBlob`."""
        ...

    def exists(self, sha256: str) -> bool: ...

    def delete(self, sha256: str) -> None:
        """Forget the bytes; no error when they are not there."""
        ...


def hash_file(path: pathlib.Path) -> Blob:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Blob(sha256=digest, size_bytes=file.tell())
