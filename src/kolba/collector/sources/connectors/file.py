"""A file on this machine, under a directory that the operator allows."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import stat
from typing import BinaryIO

from kolba.collector import settings
from kolba.collector.sources import errors
from kolba.kit.egress import sink


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileConnector:
    place: settings.FilePlace
    directories: tuple[pathlib.Path, ...]
    max_bytes: int

    def describe(self) -> str:
        return f"file {self.place.path}"

    def revision(self) -> str:
        if self.place.sha256 is not None:
            return self.place.sha256
        try:
            status = self._locate().stat()
        except (errors.PlaceError, OSError):
            return "absent"
        return f"{status.st_size}-{status.st_mtime_ns}"

    async def fetch(self, target: pathlib.Path) -> sink.Kept:
        try:
            opened = self._open()
        except OSError as error:
            raise errors.FileUnreadable(
                path=self.place.path, reason=error.strerror or str(error)
            ) from error
        with opened as file:
            return await sink.keep(
                sink.chunks(file),
                target,
                url=self.describe(),
                max_bytes=self.max_bytes,
                sha256=self.place.sha256,
            )

    def _open(self) -> BinaryIO:
        """The file itself. A link put in its place between the look and the opening is not followed."""
        handle = os.open(self._locate(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise errors.FileRefused(path=self.place.path)
        return os.fdopen(handle, "rb")

    def _locate(self) -> pathlib.Path:
        """The real path, links resolved. Raises `FileRefused` where it leads out, `FileAbsent`."""
        path = pathlib.PurePosixPath(self.place.path)
        if path.is_absolute() or ".." in path.parts or "\0" in self.place.path:
            raise errors.FileRefused(path=self.place.path)
        for directory in self.directories:
            real = (directory / path).resolve()
            if not real.exists():
                continue
            if not real.is_relative_to(directory.resolve()) or not real.is_file():
                raise errors.FileRefused(path=self.place.path)
            return real
        raise errors.FileAbsent(path=self.place.path)
