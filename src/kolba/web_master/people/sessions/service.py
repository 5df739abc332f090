"""The rules of signing in and out. Methods block: call them from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt

from kolba.kit import clock
from kolba.kit.tokens import kinds, signing
from kolba.web_master.people import (
    errors,
    identifying,
    models,
    names,
    passwords,
    secret_words,
    settings,
)
from kolba.web_master.people.accounts import repository as accounts
from kolba.web_master.people.accounts import service as accounts_service
from kolba.web_master.people.sessions import repository
from kolba.web_master.people.throttling import service as throttling

_LONGEST_AGENT = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whence somebody signs in."""

    address: str
    agent: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A session by a cookie, and what the page must show beside it."""

    id: str
    person: accounts.Account
    cookie: str = dataclasses.field(repr=False)
    csrf_token: str = dataclasses.field(repr=False)
    expires_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A session by tokens."""

    id: str
    person: str
    access_token: str = dataclasses.field(repr=False)
    refresh_token: str = dataclasses.field(repr=False)
    expires_in: int
    """Seconds that the access token is good."""


class Sessions:
    def __init__(
        self,
        kept: repository.SessionRepository,
        people: accounts.PeopleRepository,
        hasher: passwords.Hasher,
        guard: throttling.Guard,
        signer: signing.Signer,
        *,
        config: settings.PeopleSettings,
        belonging: identifying.Belonging,
        time: clock.Clock,
        forget: accounts_service.Forget = accounts_service.forget_nobody,
    ) -> None:
        self._kept = kept
        self._people = people
        self._hasher = hasher
        self._guard = guard
        self._signer = signer
        self._config = config
        self._belonging = belonging
        self._clock = time
        self._forget = forget

    def sign_in_browser(self, name: str, password: str, origin: Origin) -> Browser:
        """Raises `WrongCredentials`, `TooManyAttempts`, `TooBusy`."""
        account = self._check(name, password, origin)
        secret = secret_words.make(secret_words.SESSION)
        began = self._begin(
            account,
            origin,
            kind=models.BROWSER,
            days=self._config.session_days,
            secret_sha256=secret_words.digest(secret),
        )
        return Browser(
            id=began.id,
            person=account,
            cookie=secret,
            csrf_token=secret_words.csrf_token(secret),
            expires_at=began.expires_at,
        )

    def sign_in_program(self, name: str, password: str, origin: Origin) -> Program:
        """Raises `WrongCredentials`, `TooManyAttempts`, `TooBusy`."""
        account = self._check(name, password, origin)
        refresh = secret_words.make(secret_words.REFRESH)
        began = self._begin(
            account,
            origin,
            kind=models.PROGRAM,
            days=self._config.refresh_days,
            refresh_sha256=secret_words.digest(refresh),
        )
        return self._tokens(account, began.id, refresh)

    def refresh(self, token: str) -> Program:
        """New tokens for a refresh token, once. Raises `RefreshRefused`; `RefreshReused`, which ends the session."""
        if not secret_words.is_one(token, secret_words.REFRESH):
            raise errors.RefreshRefused
        new = secret_words.make(secret_words.REFRESH)
        done = self._kept.refresh(
            secret_words.digest(token), secret_words.digest(new), self._clock.now()
        )
        if done.account is None:
            raise errors.RefreshRefused
        if done.outcome == "reused":
            self._forget(done.account.name)
            raise errors.RefreshReused
        return self._tokens(done.account, done.session, new)

    def of(self, person: str) -> list[repository.Session]:
        return self._kept.of(person, self._clock.now())

    def end(self, id_: str, *, of: str) -> None:
        """Raises `UnknownSession`."""
        ended = self._kept.end(id_, of=of)
        self._forget(of)
        if not ended:
            raise errors.UnknownSession(id=id_[:64])

    def end_all(self, person: str) -> None:
        self._kept.end_all(person)
        self._forget(person)

    def _check(self, name: str, password: str, origin: Origin) -> accounts.Account:
        """Does the same work whether there is such a person or not."""
        known = names.canonical(name)
        self._guard.sign_in(known, origin.address)
        account = self._people.find(known)
        kept = account.password_hash if account is not None and account.is_active else None
        try:
            is_right = self._hasher.matches(kept, password)
        except errors.TooBusy:
            self._guard.not_made(known, origin.address)
            raise
        if account is None or kept is None or not is_right:
            raise errors.WrongCredentials
        self._guard.succeeded(known, origin.address)
        if self._hasher.is_outdated(kept):
            self._people.rehash(known, kept, self._hasher.hash(password))
        return account

    def _begin(
        self,
        account: accounts.Account,
        origin: Origin,
        *,
        kind: str,
        days: float,
        secret_sha256: str | None = None,
        refresh_sha256: str | None = None,
    ) -> repository.NewSession:
        now = self._clock.now()
        new = repository.NewSession(
            id=secret_words.make_id(),
            kind=kind,
            secret_sha256=secret_sha256,
            refresh_sha256=refresh_sha256,
            address=origin.address[:64],
            agent=_plain(origin.agent),
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
        if not self._kept.begin(new, of=account, most=self._config.max_sessions):
            raise errors.WrongCredentials
        return new

    def _tokens(self, account: accounts.Account, session: str, refresh: str) -> Program:
        seconds = self._config.access_token_seconds
        access = self._signer.issue(
            kinds.ACCESS,
            subject=account.name,
            groups=self._belonging(account.group),
            seconds=seconds,
            claims={identifying.SESSION_CLAIM: session},
        )
        return Program(
            id=session,
            person=account.name,
            access_token=access,
            refresh_token=refresh,
            expires_in=seconds,
        )


def _plain(agent: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in agent[:_LONGEST_AGENT])
