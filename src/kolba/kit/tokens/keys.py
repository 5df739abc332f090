"""A service's own keys: made, kept, published, replaced."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import stat
import threading
import time
from collections.abc import Callable

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric import ed25519

from kolba.kit.tokens import errors, kinds, published

_log = structlog.get_logger("kolba.tokens")
_DAY_SECONDS = 86_400
_MOST_BYTES = 4096


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    key: ed25519.Ed25519PrivateKey = dataclasses.field(repr=False)
    public: published.PublicKey
    made: int
    """Seconds since 1970."""
    retires: int
    """When another takes its place."""

    @property
    def id(self) -> str:
        return self.public.id


class KeyRing:
    """The one key that `issuer` signs with at present.

    It is kept in `folder`, readable by its owner alone, and its public half on `board`. After `days` another takes its
    place, and then its private half is gone. A key whose public half was taken off the board (somebody trusts it no
    more), or whose file others could read, is replaced too, and never published again. `folder` None: the key is not
    kept, and each process has another.
    """

    def __init__(
        self,
        issuer: str,
        folder: pathlib.Path | None,
        board: published.Published,
        *,
        days: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._folder = folder
        self._board = board
        self._seconds = max(1, round(days * _DAY_SECONDS))
        self._now = now
        self._lock = threading.Lock()
        self._key: PrivateKey | None = None

    def current(self) -> PrivateKey:
        """The key to sign with, made and published where there is none. Raises `errors.KeysUnwritable`."""
        with self._lock:
            key = self._key or self._kept()
            if key is None or not self._is_good(key):
                key = self._make()
            self._key = key
            return key

    def _is_good(self, key: PrivateKey) -> bool:
        return (
            key.made <= self._now() < min(key.retires, key.made + self._seconds)
            and self._board.find(key.id) is not None
        )

    def _make(self) -> PrivateKey:
        made = int(self._now())
        retires = made + self._seconds
        key = ed25519.Ed25519PrivateKey.generate()
        public = published.PublicKey(
            issuer=self.issuer,
            key=key.public_key(),
            expires=retires + kinds.LONGEST_SECONDS + kinds.LEEWAY_SECONDS,
        )
        new = PrivateKey(key=key, public=public, made=made, retires=retires)
        self._keep(new)
        self._board.publish(public)
        self._board.remove_expired(self.issuer, made)
        _log.info("a key was made", key=new.id, retires=retires)
        return new

    def _keep(self, key: PrivateKey) -> None:
        """Instead of every former one."""
        if self._folder is None:
            return
        former = list(self._files())
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{published.thumbprint(key.public.key)}.json"
            published.write(path, _document(key), mode=0o600)
        except OSError as error:
            raise errors.KeysUnwritable(self._folder, "data_dir", error) from error
        for path in former:
            with contextlib.suppress(OSError):
                path.unlink()

    def _kept(self) -> PrivateKey | None:
        """The newest, of what is in the folder."""
        found = [key for path in self._files() if (key := self._read(path)) is not None]
        return max(found, key=lambda key: key.made, default=None)

    def _files(self) -> list[pathlib.Path]:
        return sorted(self._folder.glob("*.json")) if self._folder is not None else []

    def _read(self, path: pathlib.Path) -> PrivateKey | None:
        try:
            with path.open("rb") as file:
                if stat.S_IMODE(path.stat().st_mode) & 0o077:
                    _log.warning("others could read a key; it is replaced", path=str(path))
                    return None
                return _parse(self.issuer, file.read(_MOST_BYTES))
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("a key cannot be read; it is replaced", path=str(path), reason=repr(error))
            return None


def _document(key: PrivateKey) -> bytes:
    return orjson.dumps(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": published.encode(key.public.key.public_bytes_raw()),
            "d": published.encode(key.key.private_bytes_raw()),
            "kid": key.id,
            "iat": key.made,
            "nbf": key.made,
            "retires": key.retires,
            "exp": key.public.expires,
        }
    )


def _parse(issuer: str, content: bytes) -> PrivateKey:
    """Raises `ValueError`, `KeyError`, `TypeError`."""
    document = orjson.loads(content)
    key = ed25519.Ed25519PrivateKey.from_private_bytes(published.decode(document["d"]))
    public = published.PublicKey(issuer=issuer, key=key.public_key(), expires=int(document["exp"]))
    return PrivateKey(
        key=key, public=public, made=int(document["iat"]), retires=int(document["retires"])
    )
