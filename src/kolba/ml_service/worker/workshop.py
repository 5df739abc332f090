"""The folder in which a worker's runs are computed; what dead workers left is cleared away."""

from __future__ import annotations

import contextlib
import fcntl
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

_LOCK = "lock"


@contextlib.contextmanager
def opened(parent: pathlib.Path) -> Iterator[pathlib.Path]:
    """A new folder in `parent`, locked while the block lasts and removed after it.

    Workers may share `parent`: a folder that another living worker has locked is let be.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("worker-*"):
        _remove_if_left(left)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="worker-", dir=parent))
    with (folder / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: pathlib.Path) -> None:
    with contextlib.suppress(OSError):
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
