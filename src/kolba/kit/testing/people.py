"""People and services with good tokens, for tests of who may do what."""

from __future__ import annotations

import pathlib
from collections.abc import Generator

import httpx

from kolba.kit.tokens import keys, kinds, published, signing

GROUPS = {
    "client": ("client",),
    "researcher": ("researcher", "client"),
    "admin": ("admin", "researcher", "client"),
}


class Bearer(httpx.Auth):
    """Shows a fresh token with each request: they live for a minute, and a slow test for longer."""

    def __init__(self, signer: signing.Signer, name: str, groups: tuple[str, ...] | None) -> None:
        self._signer = signer
        self._name = name
        self._groups = groups

    def token(self) -> str:
        if self._groups is None:
            return self._signer.issue_own()
        kind = kinds.PERSON
        return self._signer.issue(
            kind, subject=self._name, groups=self._groups, seconds=kind.longest_seconds
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.token()}"
        yield request


class Office:
    """Signs as the web master and the other services do. `keys_dir` is the settings' `auth.keys_dir`."""

    def __init__(self, keys_dir: pathlib.Path, private: pathlib.Path) -> None:
        self._board = published.KeyFolder(keys_dir)
        self._private = private

    def person(self, name: str, group: str) -> Bearer:
        return Bearer(self._signer(kinds.PEOPLES_ISSUER), name, GROUPS[group])

    def service(self, name: str) -> Bearer:
        return Bearer(self._signer(name), name, None)

    def _signer(self, issuer: str) -> signing.Signer:
        return signing.Signer(keys.KeyRing(issuer, self._private / issuer, self._board, days=30))
