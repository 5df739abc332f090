"""The shared volume: preprocess leaves a tensor under the request's id, the model reads it, preprocess takes it away.

A file is written beside and then given its name, so that nobody reads half of it. The name is given by a link, which
never takes that of another (two requests of one id never meet). Renaming onto a name that was claimed before would do
the same, but ext4 then writes to the disk: some 3 ms instead of 0.1. What a killed preprocess left is swept away when
it is old. Nothing here is synced: a tensor that a power cut takes was not answered either.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import re
import secrets
import stat
import time
from collections.abc import Iterator

import structlog

from kolba.pipeline import errors

_log = structlog.get_logger("kolba.pipeline")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_SUFFIX = ".npy"
_BESIDE = ".beside-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_MOST_BYTES = 1 << 26


class Exchange:
    """One folder of it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder, where that is allowed; whether it can be used shows with the first tensor."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def left(self, wanted: str, content: bytes) -> Iterator[str]:
        """A file with `content` for as long as the block runs; yields the name to ask for it by.

        Raises `errors.ExchangeFull`, `errors.ExchangeUnavailable`; nothing is left behind then.
        """
        try:
            path = self._leave(wanted, content)
        except OSError as error:
            raise _said(error) from None
        try:
            yield path.name.removesuffix(_SUFFIX)
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def read(self, name: str) -> bytes:
        """What was left under `name`.

        Raises `errors.BadPath` for what is no name, `errors.UnknownTensor`, `errors.ExchangeUnavailable`.
        """
        if _NAME.fullmatch(name) is None:
            raise errors.BadPath
        try:
            # Whoever may write here must not make this service read elsewhere.
            descriptor = os.open(
                self._folder / f"{name}{_SUFFIX}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            )
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG):
                raise errors.UnknownTensor(path=name) from None
            raise _said(error) from None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= _MOST_BYTES:
                raise errors.UnknownTensor(path=name)
            return os.read(descriptor, found.st_size)
        except OSError as error:
            raise _said(error) from None
        finally:
            os.close(descriptor)

    def sweep(self, older_than_seconds: float) -> int:
        """Take away what nobody came back for; answers how many files."""
        limit = time.time() - older_than_seconds
        swept = 0
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                swept += _sweep(entry, limit)
        if swept:
            _log.warning("orphaned tensors were swept away", files=swept)
        return swept

    def trouble(self) -> str | None:
        """Why the folder cannot be written to; None where it can."""
        try:
            with self.left(f"health-{secrets.token_hex(8)}", b"0"):
                return None
        except (errors.ExchangeFull, errors.ExchangeUnavailable) as error:
            return str(error)

    def _leave(self, wanted: str, content: bytes) -> pathlib.Path:
        """Raises `OSError`; nothing is there then."""
        beside = self._folder / f"{_BESIDE}{secrets.token_hex(16)}"
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            finally:
                os.close(descriptor)
            return self._named(beside, wanted)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()

    def _named(self, beside: pathlib.Path, wanted: str) -> pathlib.Path:
        """The wanted name, or one that nobody else has where it is in use or is none."""
        name = wanted if _NAME.fullmatch(wanted) else secrets.token_hex(16)
        while True:
            path = self._folder / f"{name}{_SUFFIX}"
            try:
                path.hardlink_to(beside)
            except FileExistsError:
                name = f"{wanted[:128].lstrip('.')}-{secrets.token_hex(8)}"
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # A file system without links: a name that was never used before can be renamed to.
                path = self._folder / f"{secrets.token_hex(16)}{_SUFFIX}"
                return beside.rename(path)
            else:
                return path


def _sweep(entry: os.DirEntry[str], limit: float) -> bool:
    """Only what this module makes: other files in the folder are not its own."""
    if not entry.name.startswith(_BESIDE) and not entry.name.endswith(_SUFFIX):
        return False
    try:
        if entry.stat(follow_symlinks=False).st_mtime < limit:
            pathlib.Path(entry.path).unlink()
            return True
    except OSError:  # another was quicker, or may not be touched
        pass
    return False


def _said(error: OSError) -> errors.ExchangeFull | errors.ExchangeUnavailable:
    if error.errno in _FULL:
        return errors.ExchangeFull()
    return errors.ExchangeUnavailable(reason=error.strerror or type(error).__name__)
