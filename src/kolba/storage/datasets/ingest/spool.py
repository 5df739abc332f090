"""A temporary file that is read while it is still being written."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import tempfile
import threading
from collections.abc import Iterator

from kolba.kit import errors as kit_errors
from kolba.storage.datasets.ingest import errors

PREFIX = "upload-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Spool:
    """One writer appends, one reader reads from any offset and waits for what has not come yet.

    The file is gone once `close` is called, and is named so that `sweep` finds it after a crash.
    """

    def __init__(self, folder: pathlib.Path, *, limit_bytes: int) -> None:
        with disk_full_is_told():
            descriptor, path = tempfile.mkstemp(prefix=PREFIX, suffix=".part", dir=folder)
        self._descriptor = descriptor
        self._path = pathlib.Path(path)
        self._limit = limit_bytes
        self._size = 0
        self._finished = False
        self._aborted = False
        self._changed = threading.Condition()

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self._size

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append. Raises `UploadTooLarge`, `StorageFull`."""
        if self._size + len(data) > self._limit:
            raise errors.UploadTooLarge(limit=self._limit)
        view = memoryview(data)
        with disk_full_is_told():
            while view:
                view = view[os.write(self._descriptor, view) :]
        with self._changed:
            self._size += len(data)
            self._changed.notify_all()

    def finish(self) -> None:
        """Everything has arrived."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def abort(self) -> None:
        """The rest will never come: whoever reads gets `UploadAborted`."""
        with self._changed:
            self._aborted = True
            self._changed.notify_all()

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, waiting for them; fewer only at the end. Raises `UploadAborted`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._aborted or self._finished or self._size >= offset + size
            )
            if self._aborted:
                raise errors.UploadAborted
            available = self._size - offset
        return os.pread(self._descriptor, max(0, min(size, available)), offset)

    def wait_for_all(self) -> pathlib.Path:
        """The file, once everything has arrived. Raises `UploadAborted`."""
        with self._changed:
            self._changed.wait_for(lambda: self._aborted or self._finished)
            if self._aborted:
                raise errors.UploadAborted
        return self._path

    def close(self) -> None:
        """Remove the file. Safe to repeat."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_full_is_told() -> Iterator[None]:
    """Turns the operating system's full disk into `StorageFull`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise kit_errors.StorageFull from error
        raise


def sweep(folder: pathlib.Path) -> int:
    """Remove what a killed process left behind; call it at start, before anything arrives. Returns how many."""
    leftovers = [path for path in folder.glob(f"{PREFIX}*") if path.is_file()]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)
