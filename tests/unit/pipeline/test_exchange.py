"""The shared folder: nothing is half written, nothing is left, no name leads out of it."""

from __future__ import annotations

import errno
import os
import pathlib
import time

import pytest

from kolba.pipeline import errors, exchange


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    made = tmp_path / "exchange"
    made.mkdir()
    return made


@pytest.fixture
def shared(folder: pathlib.Path) -> exchange.Exchange:
    return exchange.Exchange(folder)


def test_what_is_left_is_read_under_the_requests_id_and_gone_afterwards(
    shared: exchange.Exchange, folder: pathlib.Path
) -> None:
    with shared.left("4f2c.a-b_1", b"tensor") as name:
        assert name == "4f2c.a-b_1"
        assert [path.name for path in folder.iterdir()] == ["4f2c.a-b_1.npy"]
        assert shared.read(name) == b"tensor"
    assert list(folder.iterdir()) == []


def test_it_is_gone_also_when_the_request_failed(
    shared: exchange.Exchange, folder: pathlib.Path
) -> None:
    with pytest.raises(RuntimeError), shared.left("a", b"tensor"):
        raise RuntimeError
    assert list(folder.iterdir()) == []


def test_two_requests_of_one_id_do_not_meet(shared: exchange.Exchange) -> None:
    with shared.left("same", b"first") as first, shared.left("same", b"second") as second:
        assert first != second
        assert shared.read(first) == b"first"
        assert shared.read(second) == b"second"


@pytest.mark.parametrize("wanted", ["..", ".", ".hidden", "...."])
def test_an_id_that_is_no_name_is_not_used_as_one(
    shared: exchange.Exchange, folder: pathlib.Path, wanted: str
) -> None:
    with shared.left(wanted, b"tensor") as name:
        assert not name.startswith(".")
        assert shared.read(name) == b"tensor"
        assert [path.parent for path in folder.iterdir()] == [folder]


@pytest.mark.parametrize(
    "name",
    ["../secret", "a/b", "/etc/passwd", "..", ".", ".beside-x", "", "a\0b", "a\n", "x" * 300, "é"],
)
def test_no_name_leads_out_of_the_folder(
    shared: exchange.Exchange, folder: pathlib.Path, name: str
) -> None:
    (folder.parent / "secret.npy").write_bytes(b"secret")
    with pytest.raises(errors.BadPath):
        shared.read(name)


def test_no_link_in_the_folder_is_followed(shared: exchange.Exchange, folder: pathlib.Path) -> None:
    secret = folder.parent / "secret.npy"
    secret.write_bytes(b"secret")
    (folder / "link.npy").symlink_to(secret)
    (folder / "folder.npy").mkdir()
    os.mkfifo(folder / "pipe.npy")
    for name in ("link", "folder", "pipe", "absent"):
        with pytest.raises(errors.UnknownTensor):
            shared.read(name)


def test_an_empty_file_is_no_tensor(shared: exchange.Exchange, folder: pathlib.Path) -> None:
    (folder / "empty.npy").touch()
    with pytest.raises(errors.UnknownTensor):
        shared.read("empty")


def test_a_file_system_without_links_will_do(
    shared: exchange.Exchange, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(pathlib.Path, "hardlink_to", refuse)
    with shared.left("a", b"tensor") as name:
        assert shared.read(name) == b"tensor"
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_orphans_are_swept_by_age_and_nothing_else_is(
    shared: exchange.Exchange, folder: pathlib.Path
) -> None:
    old = time.time() - 1000
    for name in ("old.npy", ".beside-old", "notes.txt", "young.npy"):
        (folder / name).write_bytes(b"x")
        if name != "young.npy":
            os.utime(folder / name, (old, old))
    (folder / "folder.npy").mkdir()
    os.utime(folder / "folder.npy", (old, old))
    assert shared.sweep(500) == 2
    left = {path.name for path in folder.iterdir()}
    assert left == {"notes.txt", "young.npy", "folder.npy"}


def test_a_folder_that_is_not_there_is_said(tmp_path: pathlib.Path) -> None:
    shared = exchange.Exchange(tmp_path / "absent")
    with pytest.raises(errors.ExchangeUnavailable), shared.left("a", b"x"):
        pass
    assert shared.sweep(1) == 0
    assert shared.trouble() is not None


def test_health_leaves_nothing(shared: exchange.Exchange, folder: pathlib.Path) -> None:
    assert shared.trouble() is None
    assert list(folder.iterdir()) == []
