"""Files on this machine, under a directory that the operator allows."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import stat
from typing import BinaryIO

from kolba.collector import settings
from kolba.collector.sources import errors
from kolba.collector.sources.connectors import files, protocol
from kolba.kit.egress import sink


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileConnector:
    place: settings.FilePlace
    directories: tuple[pathlib.Path, ...]
    max_bytes: int

    def describe(self) -> str:
        return f"file {files.shown([part.path for part in self.place.parts().values()])}"

    def revision(self) -> str:
        return files.revision({role: self._mark(part) for role, part in self.place.parts().items()})

    def format(self) -> protocol.Format | None:
        return self.place.format

    def stands_in(self) -> bool:
        return self.place.stand_in

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        with files.all_or_none() as brought:
            for role, part in self.place.parts().items():
                brought[role] = await self._fetch(part, folder / role)
        return brought

    def _mark(self, part: settings.LocalFile) -> str:
        if part.sha256 is not None:
            return part.sha256
        try:
            status = self._locate(part.path).stat()
        except (errors.PlaceError, OSError):
            return "absent"
        return f"{status.st_size}-{status.st_mtime_ns}"

    async def _fetch(self, part: settings.LocalFile, target: pathlib.Path) -> sink.Kept:
        try:
            opened = self._open(part.path)
        except OSError as error:
            raise errors.FileUnreadable(
                path=part.path, reason=error.strerror or str(error)
            ) from error
        with opened as file:
            return await files.unpack(
                file,
                target,
                compression=self.place.compression,
                place=f"file {part.path}",
                max_bytes=self.max_bytes,
                sha256=part.sha256,
            )

    def _open(self, path: str) -> BinaryIO:
        """The file itself. A link put in its place between the look and the opening is not followed."""
        handle = os.open(self._locate(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise errors.FileRefused(path=path)
        return os.fdopen(handle, "rb")

    def _locate(self, wanted: str) -> pathlib.Path:
        """The real path, links resolved. Raises `FileRefused` where it leads out, `FileAbsent`."""
        path = pathlib.PurePosixPath(wanted)
        if path.is_absolute() or ".." in path.parts or "\0" in wanted:
            raise errors.FileRefused(path=wanted)
        for directory in self.directories:
            real = (directory / path).resolve()
            if not real.exists():
                continue
            if not real.is_relative_to(directory.resolve()) or not real.is_file():
                raise errors.FileRefused(path=wanted)
            return real
        raise errors.FileAbsent(path=wanted)
