"""Where services put the public halves of their keys, for all the others to find."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import re
import tempfile
from collections.abc import Iterator
from typing import Protocol

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric import ed25519

from kolba.kit.tokens import errors, kinds

_log = structlog.get_logger("kolba.tokens")
_ID = re.compile(r"(?P<issuer>[a-z][a-z0-9_]{0,62})\.(?P<thumbprint>[A-Za-z0-9_-]{43})")
_MOST_BYTES = 4096


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    issuer: str
    """The service whose key it is."""
    key: ed25519.Ed25519PublicKey
    expires: int
    """When the last token that it may have signed has expired; seconds since 1970."""

    @property
    def id(self) -> str:
        """`<issuer>.<thumbprint>`: a token's `kid`. Nobody else's key can have it."""
        return f"{self.issuer}.{thumbprint(self.key)}"


def thumbprint(key: ed25519.Ed25519PublicKey) -> str:
    """RFC 7638, of the key as a JWK."""
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{encode(key.public_bytes_raw())}"}}'
    return encode(hashlib.sha256(canonical.encode()).digest())


def encode(content: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(given: str) -> bytes:
    """The inverse of `encode`. Raises `ValueError`."""
    return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)


class Published(Protocol):
    """A board that every service reads and on which each writes under its own name."""

    def find(self, key_id: str) -> PublicKey | None:
        """The key of this id, if it is here and sound."""
        ...

    def publish(self, key: PublicKey) -> None:
        """Raises `errors.KeysUnwritable`."""
        ...

    def remove_expired(self, issuer: str, now: float) -> None:
        """Take away those keys of `issuer` that can have no living token any more."""
        ...


class KeyFolder:
    """`<folder>/<service>/<thumbprint>.json`, each a JWK (RFC 7517) with `exp`.

    Whose key a file holds is said by the folder it lies in and by nothing inside it, so that where each service can
    write only into its own, none can publish a key in another's name.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def find(self, key_id: str) -> PublicKey | None:
        named = _ID.fullmatch(key_id)
        if named is None:
            return None
        path = self._path(key_id)
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("a published key cannot be read", path=str(path), reason=str(error))
            return None
        return _read(key_id, content, path)

    def publish(self, key: PublicKey) -> None:
        path = self._path(key.id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, _document(key), mode=0o644)
        except OSError as error:
            raise errors.KeysUnwritable(path.parent, "auth.keys_dir", error) from error

    def remove_expired(self, issuer: str, now: float) -> None:
        for path in self._files(issuer):
            key = self.find(f"{issuer}.{path.stem}")
            if key is not None and key.expires <= now:
                with contextlib.suppress(OSError):  # another replica was quicker
                    path.unlink()

    def _files(self, issuer: str) -> Iterator[pathlib.Path]:
        with contextlib.suppress(OSError):
            yield from sorted((self._folder / issuer).glob("*.json"))

    def _path(self, key_id: str) -> pathlib.Path:
        issuer, _, name = key_id.partition(".")
        return self._folder / issuer / f"{name}.json"


class MemoryKeys:
    """A board of this process only: for tests, and for a web master that starts alone."""

    def __init__(self) -> None:
        self._keys: dict[str, PublicKey] = {}

    def find(self, key_id: str) -> PublicKey | None:
        return self._keys.get(key_id)

    def publish(self, key: PublicKey) -> None:
        self._keys[key.id] = key

    def remove_expired(self, issuer: str, now: float) -> None:
        for key_id, key in list(self._keys.items()):
            if key.issuer == issuer and key.expires <= now:
                del self._keys[key_id]

    def remove(self, key_id: str) -> None:
        """As an operator does who trusts a key no more."""
        self._keys.pop(key_id, None)


def write(path: pathlib.Path, content: bytes, *, mode: int) -> None:
    """At once: nobody ever reads half of it. Raises `OSError`."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
        pathlib.Path(beside).replace(path)
    except BaseException:
        pathlib.Path(beside).unlink(missing_ok=True)
        raise


def _document(key: PublicKey) -> bytes:
    return orjson.dumps(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode(key.key.public_bytes_raw()),
            "kid": key.id,
            "alg": kinds.ALGORITHM,
            "use": "sig",
            "exp": key.expires,
        }
    )


def _read(key_id: str, content: bytes, path: pathlib.Path) -> PublicKey | None:
    try:
        document = orjson.loads(content)
        key = PublicKey(
            issuer=key_id.partition(".")[0],
            key=ed25519.Ed25519PublicKey.from_public_bytes(decode(document["x"])),
            expires=int(document["exp"]),
        )
        is_sound = document["kty"] == "OKP" and document["crv"] == "Ed25519" and key.id == key_id
    except (ValueError, KeyError, TypeError):
        is_sound = False
    if not is_sound:
        _log.warning("a published key is damaged and not trusted", path=str(path))
        return None
    return key
