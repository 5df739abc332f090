"""The rules of API tokens. Methods block: call them from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence

from kolba.kit import clock, text
from kolba.kit import errors as kit_errors
from kolba.web_master.people import errors, secret_words
from kolba.web_master.people.accounts import service as accounts_service
from kolba.web_master.people.api_tokens import repository
from kolba.web_master.people.standing import repository as standing

NEVER_GIVEN = frozenset({"tokens"})
"""Scopes that no token has: tokens are made by people."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A token, and its secret: shown once."""

    token: repository.ApiToken
    secret: str = dataclasses.field(repr=False)


class ApiTokens:
    def __init__(
        self,
        kept: repository.ApiTokenRepository,
        *,
        most: int,
        time: clock.Clock,
        forget: accounts_service.Forget = accounts_service.forget_nobody,
    ) -> None:
        self._kept = kept
        self._most = most
        self._clock = time
        self._forget = forget

    def make(
        self,
        asker: standing.Asker,
        name: str,
        *,
        scopes: Sequence[str],
        days: int,
        allowed: Collection[str],
    ) -> Made:
        """`allowed`: what the person may.

        Raises `InvalidInput`, `TokenNameTaken`, `TooManyTokens`, `SessionOver`, `PasswordToBeChanged`.
        """
        _check(scopes, [one for one in allowed if one not in NEVER_GIVEN])
        secret = secret_words.make(secret_words.API_TOKEN)
        now = self._clock.now()
        token = self._kept.add(
            asker,
            name,
            scopes=sorted(set(scopes)),
            secret_sha256=secret_words.digest(secret),
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
            most=self._most,
        )
        return Made(token=token, secret=secret)

    def of(self, person: str) -> list[repository.ApiToken]:
        return self._kept.of(person)

    def revoke(self, id_: int, *, of: str) -> None:
        """Raises `UnknownApiToken`."""
        removed = self._kept.remove(id_, of=of)
        self._forget(of)
        if not removed:
            raise errors.UnknownApiToken(id=id_)


def _check(scopes: Sequence[str], allowed: Sequence[str]) -> None:
    if set(scopes) - set(allowed):
        known = ", ".join(allowed)
        message = text.Text(en=f"some of: {known}", ru=f"что-то из: {known}")
        wrong = kit_errors.FieldError(field="scopes", message=message)
        raise kit_errors.InvalidInput(fields=[wrong])
