"""A service's tokens, from its settings."""

from __future__ import annotations

import dataclasses
import functools

from kolba.kit import identity, settings
from kolba.kit.http import credentials as http_credentials
from kolba.kit.tokens import (
    authentication,
    credentials,
    keys,
    kinds,
    published,
    signing,
    verifying,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a service signs with, and where it finds the keys of all. A service has one of these."""

    signer: signing.Signer
    board: published.Published
    """For `verifying.Verifier`."""
    are_shared: bool
    """Whether other services see the same board; where not, what is signed here is good here only."""

    def prepare(self) -> None:
        """At the start of a service that calls others: raises `errors.KeysUnwritable` where it could not."""
        if self.are_shared:
            self.signer.prepare()

    def own(self) -> http_credentials.Credentials:
        """For calls that the service makes for itself, whoever asks."""
        return self._own if self.are_shared else http_credentials.NoCredentials()

    def passed_on(self) -> http_credentials.Credentials:
        """For calls that the service makes for whoever called it."""
        if not self.are_shared:
            return http_credentials.NoCredentials()
        return credentials.PassedOn(self._own)

    def on_behalf(self) -> http_credentials.Credentials:
        """For the web master's calls for whoever asks."""
        if not self.are_shared:
            return http_credentials.NoCredentials()
        return credentials.OnBehalf(self.signer, self._own)

    @functools.cached_property
    def _own(self) -> credentials.Own:
        return credentials.Own(self.signer)


def open_tokens(config: settings.ServiceSettings) -> Tokens:
    """Nothing is written before the first token is signed."""
    folder = config.auth.keys_dir
    board = published.KeyFolder(folder) if folder is not None else published.MemoryKeys()
    ring = keys.KeyRing(config.service, config.data_dir / "keys", board, days=config.auth.key_days)
    return Tokens(signer=signing.Signer(ring), board=board, are_shared=folder is not None)


def internal_tokens(
    config: settings.ServiceSettings, *, lenient: bool = False
) -> authentication.InternalTokens:
    """How every service but the web master learns who asks."""
    folder = config.auth.keys_dir
    board = published.KeyFolder(folder) if folder is not None else published.MemoryKeys()
    return authentication.InternalTokens(
        verifying.Verifier(board, kinds.PERSON, kinds.SERVICE),
        otherwise=local_person(config) or identity.NOBODY,
        lenient=lenient,
    )


def local_person(config: settings.ServiceSettings) -> identity.Person | None:
    """Who asks without showing anything, where a service trusts its own machine; None where it does not."""
    group = config.auth.local_user
    if group is None or not settings.is_loopback(config.host):
        return None
    return identity.Person(name=identity.LOCAL, groups=config.auth.belonging(group))
