"""Blobs in an object store: a folder of this machine, or S3."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import obstore
import obstore.exceptions
import obstore.store

from kolba.kit import errors
from kolba.kit.blobs import base
from kolba.kit.blobs import settings as blob_settings

_PARTS_AT_ONCE = 2
"""Of a large file, each of 5 MiB in memory."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SIGNS_OF_FULL = ("No space left", "uota exceeded")
"""EDQUOT reads `Disk quota exceeded` with glibc, `Quota exceeded` with musl."""


class ObjectBlobStore:
    """`folder` is the local store's root, whose files are synced and read in place; None for a remote store."""

    def __init__(self, store: obstore.store.ObjectStore, folder: pathlib.Path | None) -> None:
        self._store = store
        self._folder = folder

    def put(self, data: bytes) -> base.Blob:
        blob = base.Blob(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
        self._put(blob, data)
        return blob

    def put_file(self, path: pathlib.Path) -> base.Blob:
        blob = base.hash_file(path)
        self._put(blob, path)
        return blob

    def take_file(self, path: pathlib.Path) -> base.Blob:
        blob = base.hash_file(path)
        if not self._link(blob, path):
            self._put(blob, path)
        return blob

    def read(self, sha256: str) -> Iterator[bytes]:
        try:
            stream = obstore.get(self._store, _key(sha256)).stream(min_chunk_size=base.CHUNK_BYTES)
        except (FileNotFoundError, obstore.exceptions.NotFoundError) as error:
            raise base.UnknownBlob(sha256=sha256) from error
        digest = hashlib.sha256()
        for chunk in stream:
            digest.update(chunk)
            yield bytes(chunk)
        if digest.hexdigest() != sha256:
            raise base.CorruptBlob(sha256=sha256)

    @contextlib.contextmanager
    def as_file(self, sha256: str) -> Iterator[pathlib.Path]:
        if self._folder is not None:
            yield self._local(sha256)
            return
        with tempfile.NamedTemporaryFile(prefix="kolba-blob-") as copy:
            for chunk in self.read(sha256):
                copy.write(chunk)
            copy.flush()
            yield pathlib.Path(copy.name)

    def exists(self, sha256: str) -> bool:
        try:
            obstore.head(self._store, _key(sha256))
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return False
        return True

    def delete(self, sha256: str) -> None:
        with contextlib.suppress(FileNotFoundError, obstore.exceptions.NotFoundError):
            obstore.delete(self._store, _key(sha256))

    def _put(self, blob: base.Blob, content: bytes | pathlib.Path) -> None:
        if self.exists(blob.sha256):
            return
        try:
            obstore.put(self._store, _key(blob.sha256), content, max_concurrency=_PARTS_AT_ONCE)
            self._sync(blob.sha256)
        except (OSError, obstore.exceptions.BaseError) as error:
            if _is_full(error):
                raise errors.StorageFull from error
            raise

    def _link(self, blob: base.Blob, path: pathlib.Path) -> bool:
        """Give the file its second name, in the store, once its bytes are synced; whether that is possible."""
        if self._folder is None:
            return False
        target = self._folder / _key(blob.sha256)
        try:
            _sync_path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                target.hardlink_to(path)
        except OSError as error:
            if _is_full(error):
                raise errors.StorageFull from error
            return False
        self._sync(blob.sha256)
        return True

    def _sync(self, sha256: str) -> None:
        """The local store renames into place but leaves the syncing to us."""
        if self._folder is None:
            return
        path = self._folder / _key(sha256)
        for target in (path, path.parent, path.parent.parent):
            _sync_path(target)

    def _local(self, sha256: str) -> pathlib.Path:
        assert self._folder is not None
        path = self._folder / _key(sha256)
        if not path.is_file():
            raise base.UnknownBlob(sha256=sha256)
        if base.hash_file(path).sha256 != sha256:
            raise base.CorruptBlob(sha256=sha256)
        return path


def open_store(options: blob_settings.BlobSettings, data_dir: pathlib.Path) -> ObjectBlobStore:
    """The store that `options.url` names; without one, the folder `blobs` in `data_dir`."""
    if options.url is None:
        folder = data_dir / "blobs"
        folder.mkdir(parents=True, exist_ok=True)
        return ObjectBlobStore(obstore.store.LocalStore(prefix=folder), folder)
    return ObjectBlobStore(_s3(options, options.url), None)


def _s3(options: blob_settings.BlobSettings, url: str) -> obstore.store.S3Store:
    config: dict[str, Any] = {"region": options.region}
    if options.endpoint:
        config["endpoint"] = options.endpoint
    if options.access_key_id and options.secret_access_key:
        config["access_key_id"] = options.access_key_id
        config["secret_access_key"] = options.secret_access_key.get_secret_value()
    return obstore.store.S3Store.from_url(
        url, client_options={"allow_http": options.allow_http}, **config
    )


def _sync_path(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256[2:]}"


def _is_full(error: BaseException) -> bool:
    """Whether disk or quota is full; the object store's errors carry that in their text only."""
    message = str(error)
    return getattr(error, "errno", None) in _FULL or any(sign in message for sign in _SIGNS_OF_FULL)
