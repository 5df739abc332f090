"""Members of hostile archives."""

from __future__ import annotations

import io
import pathlib
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest

from kolba.collector.sources import errors
from kolba.collector.sources.connectors import archives

LIMITS = archives.Limits(max_archive_bytes=100_000, max_members=10, max_member_bytes=50_000)
MEMBER = "data/a.csv"


@pytest.fixture
def extract(tmp_path: pathlib.Path) -> Any:
    def run(archive: pathlib.Path, member: str = MEMBER) -> bytes:
        target = tmp_path / "out" / "member"
        target.parent.mkdir(exist_ok=True)
        archives.extract(archive, member, target, package="own==1", limits=LIMITS)
        return target.read_bytes()

    return run


def wheel(folder: pathlib.Path, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Any:
    path = folder / "own.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


def tarball(folder: pathlib.Path, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> Any:
    path = folder / "own.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for entry, content in members:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def link(name: str, kind: bytes, to: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, to
    return entry


def test_one_member_comes_out_of_either(tmp_path: pathlib.Path, extract: Any) -> None:
    assert extract(wheel(tmp_path, [("b", b"no"), (MEMBER, b"yes")])) == b"yes"
    (tmp_path / "out" / "member").unlink()
    entries = [(tarfile.TarInfo("package/b"), b"no"), (tarfile.TarInfo(f"package/{MEMBER}"), b"y")]
    assert extract(tarball(tmp_path, entries)) == b"y"


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "a\\b", "a\0b", ""])
def test_a_member_that_leads_out_is_refused(
    name: str, tmp_path: pathlib.Path, extract: Any
) -> None:
    with pytest.raises(errors.ArchiveRefused, match="leads out"):
        extract(wheel(tmp_path, [(MEMBER, b"")]), name)


@pytest.mark.parametrize("name", ["../../evil", "/evil"])
def test_an_archive_with_a_name_that_leads_out_is_refused(
    name: str, tmp_path: pathlib.Path, extract: Any
) -> None:
    with pytest.raises(errors.ArchiveRefused, match="leads out"):
        extract(wheel(tmp_path, [(name, b""), (MEMBER, b"")]))
    entries = [(tarfile.TarInfo(name), b""), (tarfile.TarInfo(MEMBER), b"")]
    with pytest.raises(errors.ArchiveRefused, match="leads out"):
        extract(tarball(tmp_path, entries))
    assert not (tmp_path / "out" / "member").exists()


def test_links_are_not_followed(tmp_path: pathlib.Path, extract: Any) -> None:
    entry = zipfile.ZipInfo(MEMBER)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(errors.ArchiveRefused, match="not a plain file"):
        extract(wheel(tmp_path, [(entry, b"/etc/passwd")]))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        archive = tarball(tmp_path, [(link(f"package/{MEMBER}", kind, "/etc/passwd"), b"")])
        with pytest.raises(errors.ArchiveRefused, match="not a plain file"):
            extract(archive)


def test_bombs_meet_the_limit(tmp_path: pathlib.Path, extract: Any) -> None:
    zeros = b"\0" * 5_000_000
    bomb = wheel(tmp_path, [(MEMBER, zeros)])
    assert bomb.stat().st_size < LIMITS.max_archive_bytes
    with pytest.raises(errors.ArchiveRefused, match="larger than 50000"):
        extract(bomb)
    with pytest.raises(errors.ArchiveRefused, match="larger than 50000"):
        extract(tarball(tmp_path, [(tarfile.TarInfo(MEMBER), zeros)]))
    entries = [(tarfile.TarInfo("before"), zeros), (tarfile.TarInfo(MEMBER), b"a")]
    with pytest.raises(errors.ArchiveRefused, match="unpacks to more than 150000"):
        extract(tarball(tmp_path, entries))


def test_a_size_that_lies_in_the_zip_header_does_not_help(
    tmp_path: pathlib.Path, extract: Any
) -> None:
    path = wheel(tmp_path, [(MEMBER, b"\0" * 5_000_000)])
    honest = (5_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (100).to_bytes(4, "little")))
    with pytest.raises(errors.ArchiveRefused):
        extract(path)


def test_too_many_members_are_refused(tmp_path: pathlib.Path, extract: Any) -> None:
    names = [f"f{number}" for number in range(20)]
    with pytest.raises(errors.ArchiveRefused, match="more than 10"):
        extract(wheel(tmp_path, [*((name, b"") for name in names), (MEMBER, b"a")]))
    entries = [*((tarfile.TarInfo(name), b"") for name in names), (tarfile.TarInfo(MEMBER), b"a")]
    with pytest.raises(errors.ArchiveRefused, match="more than 10"):
        extract(tarball(tmp_path, entries))


def test_a_name_that_is_there_twice_is_refused(tmp_path: pathlib.Path, extract: Any) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = wheel(tmp_path, [(MEMBER, b"a"), (MEMBER, b"b")])
    with pytest.raises(errors.ArchiveRefused, match="more than one"):
        extract(path)


def test_an_absent_member_is_named(tmp_path: pathlib.Path, extract: Any) -> None:
    for archive in (
        wheel(tmp_path, [("b", b"")]),
        tarball(tmp_path, [(tarfile.TarInfo("b"), b"")]),
    ):
        with pytest.raises(errors.ArchiveRefused, match=r"holds no 'data/a\.csv'"):
            extract(archive)


@pytest.mark.parametrize("name", ["own.whl", "own.tgz"])
def test_a_damaged_archive_is_refused(name: str, tmp_path: pathlib.Path, extract: Any) -> None:
    made = {
        "own.whl": wheel(tmp_path, [(MEMBER, b"abc" * 1000)]),
        "own.tgz": tarball(tmp_path, [(tarfile.TarInfo(MEMBER), bytes(range(256)) * 100)]),
    }
    whole = made[name].read_bytes()
    for content in (b"nothing of the kind", whole[: len(whole) // 2]):
        made[name].write_bytes(content)
        with pytest.raises(errors.ArchiveRefused, match="damaged"):
            extract(made[name])
        (tmp_path / "out" / "member").unlink(missing_ok=True)


def test_a_huge_archive_is_not_opened(tmp_path: pathlib.Path, extract: Any) -> None:
    path = tmp_path / "own.whl"
    path.write_bytes(b"x" * (LIMITS.max_archive_bytes + 1))
    with pytest.raises(errors.ArchiveRefused, match="larger than 100000"):
        extract(path)


def test_a_damaged_member_is_refused_however_it_was_packed(
    tmp_path: pathlib.Path, extract: Any
) -> None:
    path = tmp_path / "own.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(MEMBER, b"a,b\n" * 5000)
    content = bytearray(path.read_bytes())
    for place in range(60, 80):
        content[place] ^= 0x5A
    path.write_bytes(content)
    with pytest.raises(errors.ArchiveRefused, match="damaged"):
        extract(path)
