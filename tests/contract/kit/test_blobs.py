"""One suite for every blob store: the twin in memory and the real ones."""

import errno
import hashlib
import pathlib
from typing import Protocol

import obstore.exceptions
import pytest

from kolba.kit import errors
from kolba.kit.blobs import base, memory, objects, settings


class Damageable(base.BlobStore, Protocol):
    def damage(self, sha256: str) -> None: ...


class LocalStore(objects.ObjectBlobStore):
    def damage(self, sha256: str) -> None:
        assert self._folder is not None
        (path,) = self._folder.glob(f"sha256/{sha256[:2]}/{sha256[2:]}")
        path.write_bytes(b"something else")


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Damageable:
    if request.param == "memory":
        return memory.MemoryBlobStore()
    opened = objects.open_store(settings.BlobSettings(), tmp_path)
    return LocalStore(opened._store, opened._folder)


def test_bytes_are_kept_under_their_hash(store: Damageable) -> None:
    blob = store.put("колба".encode())
    assert blob.sha256 == hashlib.sha256("колба".encode()).hexdigest()
    assert blob.size_bytes == 10
    assert b"".join(store.read(blob.sha256)) == "колба".encode()
    with store.as_file(blob.sha256) as path:
        assert path.read_bytes() == "колба".encode()


def test_putting_twice_keeps_one(store: Damageable) -> None:
    assert store.put(b"same") == store.put(b"same")


def test_a_large_file_is_kept_and_stays_the_callers(
    store: Damageable, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 50_000)
    blob = store.put_file(path)
    assert blob.size_bytes == 12_800_000
    assert path.exists()
    assert hashlib.sha256(b"".join(store.read(blob.sha256))).hexdigest() == blob.sha256


def test_what_is_not_there_is_named(store: Damageable) -> None:
    missing = "0" * 64
    assert not store.exists(missing)
    with pytest.raises(base.UnknownBlob, match=missing):
        list(store.read(missing))
    with pytest.raises(base.UnknownBlob), store.as_file(missing):
        pass
    store.delete(missing)


def test_deleted_bytes_are_gone(store: Damageable) -> None:
    blob = store.put(b"once")
    store.delete(blob.sha256)
    assert not store.exists(blob.sha256)


def test_damage_is_found_when_read(store: Damageable) -> None:
    blob = store.put(b"precious")
    store.damage(blob.sha256)
    with pytest.raises(base.CorruptBlob):
        list(store.read(blob.sha256))
    with pytest.raises(base.CorruptBlob), store.as_file(blob.sha256):
        pass


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "it is called otherwise here"),
        obstore.exceptions.GenericError("Unable to write: Disk quota exceeded (os error 122)"),
    ],
)
def test_a_full_disk_or_quota_is_said(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    opened = objects.open_store(settings.BlobSettings(), tmp_path)
    monkeypatch.setattr(objects.obstore, "put", full)
    with pytest.raises(errors.StorageFull):
        opened.put(b"too much")
    assert not opened.exists(hashlib.sha256(b"too much").hexdigest())


def test_a_file_that_is_taken_over_is_kept_when_its_old_name_goes(
    store: Damageable, tmp_path: pathlib.Path
) -> None:
    for _ in range(2):
        path = tmp_path / "taken"
        path.write_bytes(b"taken over" * 1000)
        blob = store.take_file(path)
        path.unlink()
        assert b"".join(store.read(blob.sha256)) == b"taken over" * 1000
    store.delete(blob.sha256)
    assert not store.exists(blob.sha256)
