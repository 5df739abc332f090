"""Blobs and the rows that name them, kept in step."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator

from kolba.kit.blobs import base


class Shelf:
    """The same bytes may be named by several rows, so a blob goes only with the last of them.

    One lock orders "put, then insert" against "delete rows, then delete blobs": otherwise an upload could count on a
    blob that a deletion is about to remove. It orders one process; of several, only one should be asked to delete.
    """

    def __init__(self, blobs: base.BlobStore) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def adding(self, path: pathlib.Path) -> Iterator[base.Blob]:
        """Takes the file over; inside the block the caller inserts the row that names them. Raises `StorageFull`."""
        with self._lock:
            yield self._blobs.take_file(path)

    @contextlib.contextmanager
    def naming(self, content: bytes | None = None) -> Iterator[None]:
        """Inside the block rows may be inserted that name `content`, which is put first, or bytes already here.

        Raises `StorageFull`.
        """
        with self._lock:
            if content is not None:
                self._blobs.put(content)
            yield

    def put(self, content: bytes) -> None:
        """Within `naming`, where whether it may be kept is found out there. Raises `StorageFull`."""
        self._blobs.put(content)

    def remove(
        self, delete_rows: Callable[[], Iterable[str]], is_named: Callable[[str], bool]
    ) -> None:
        """Run `delete_rows`, which answers the hashes its rows named; forget those that no row names any more."""
        with self._lock:
            for sha256 in set(delete_rows()):
                if not is_named(sha256):
                    self._blobs.delete(sha256)

    def read(self, sha256: str) -> Iterator[bytes]:
        return self._blobs.read(sha256)

    def as_file(self, sha256: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        return self._blobs.as_file(sha256)

    def check(self) -> str:
        """For the health check: whether the store answers."""
        self._blobs.exists("0" * 64)
        return "ok"
