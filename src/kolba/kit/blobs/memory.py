"""The twin that keeps everything in memory."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import tempfile
from collections.abc import Iterator

from kolba.kit.blobs import base


class MemoryBlobStore:
    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def put(self, data: bytes) -> base.Blob:
        sha256 = hashlib.sha256(data).hexdigest()
        self._blobs[sha256] = bytes(data)
        return base.Blob(sha256=sha256, size_bytes=len(data))

    def put_file(self, path: pathlib.Path) -> base.Blob:
        return self.put(path.read_bytes())

    def take_file(self, path: pathlib.Path) -> base.Blob:
        return self.put_file(path)

    def read(self, sha256: str) -> Iterator[bytes]:
        data = self._get(sha256)
        for start in range(0, len(data), base.CHUNK_BYTES):
            yield data[start : start + base.CHUNK_BYTES]
        if hashlib.sha256(data).hexdigest() != sha256:
            raise base.CorruptBlob(sha256=sha256)

    @contextlib.contextmanager
    def as_file(self, sha256: str) -> Iterator[pathlib.Path]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / sha256
            path.write_bytes(b"".join(self.read(sha256)))
            yield path

    def exists(self, sha256: str) -> bool:
        return sha256 in self._blobs

    def delete(self, sha256: str) -> None:
        self._blobs.pop(sha256, None)

    def damage(self, sha256: str) -> None:
        """For tests: flip a bit of what is kept."""
        data = self._get(sha256)
        self._blobs[sha256] = bytes([data[0] ^ 1]) + data[1:]

    def _get(self, sha256: str) -> bytes:
        if sha256 not in self._blobs:
            raise base.UnknownBlob(sha256=sha256)
        return self._blobs[sha256]
