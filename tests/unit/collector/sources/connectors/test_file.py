from __future__ import annotations

import os
import pathlib

import pytest

from kolba.collector import settings
from kolba.collector.sources import errors
from kolba.collector.sources.connectors import file
from kolba.kit.egress import errors as egress_errors


@pytest.fixture
def allowed(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (folder / "данные.csv").write_bytes(b"a\n1\n")
    (tmp_path / "secret.csv").write_bytes(b"secret")
    return folder


def connector(allowed: pathlib.Path, path: str, *, max_bytes: int = 1000) -> file.FileConnector:
    place = settings.FilePlace(connector="file", path=path)
    return file.FileConnector(place=place, directories=(allowed,), max_bytes=max_bytes)


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "a/../../secret.csv", "a\0b"])
async def test_a_path_that_leads_out_is_refused(
    allowed: pathlib.Path, tmp_path: pathlib.Path, path: str
) -> None:
    with pytest.raises(errors.FileRefused):
        await connector(allowed, path).fetch(tmp_path)


async def test_a_link_that_leads_out_is_refused(
    allowed: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (allowed / "link.csv").symlink_to(tmp_path / "secret.csv")
    (allowed / "folder").symlink_to(tmp_path)
    for path in ("link.csv", "folder/secret.csv"):
        with pytest.raises(errors.FileRefused):
            await connector(allowed, path).fetch(tmp_path)


async def test_a_link_inside_is_fine(allowed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (allowed / "link.csv").symlink_to(allowed / "данные.csv")
    kept = (await connector(allowed, "link.csv").fetch(tmp_path))["data"]
    assert kept.size_bytes == 4


@pytest.mark.parametrize("path", ["a" * 5000, "absent.csv"])
async def test_what_cannot_be_opened_is_said_so(
    allowed: pathlib.Path, tmp_path: pathlib.Path, path: str
) -> None:
    with pytest.raises(errors.PlaceError, match=path[:100]):
        await connector(allowed, path).fetch(tmp_path)
    assert connector(allowed, path).revision() == "absent"


async def test_only_plain_files_are_read(allowed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    os.mkfifo(allowed / "pipe")
    (allowed / "folder").mkdir()
    for path in ("pipe", "folder", "."):
        with pytest.raises(errors.FileRefused):
            await connector(allowed, path).fetch(tmp_path)


async def test_a_large_file_is_refused(allowed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(egress_errors.TooLarge):
        await connector(allowed, "данные.csv", max_bytes=3).fetch(tmp_path)


def test_the_revision_follows_the_file(allowed: pathlib.Path) -> None:
    place = connector(allowed, "данные.csv")
    before = place.revision()
    (allowed / "данные.csv").write_bytes(b"a\n1\n2\n")
    assert place.revision() != before
    (allowed / "данные.csv").unlink()
    assert place.revision() == "absent"
