"""Puts the rooms of people together."""

from __future__ import annotations

import dataclasses
import pathlib

from kolba.kit import clock
from kolba.kit import settings as kit_settings
from kolba.kit.db import engine
from kolba.kit.http import addresses
from kolba.kit.tokens import kinds, verifying
from kolba.kit.tokens import opening as tokens_opening
from kolba.web_master.people import authentication, identifying, passwords, settings
from kolba.web_master.people.accounts import repository as accounts_repository
from kolba.web_master.people.accounts import service as accounts_service
from kolba.web_master.people.api_tokens import repository as api_tokens_repository
from kolba.web_master.people.api_tokens import service as api_tokens_service
from kolba.web_master.people.invitations import repository as invitations_repository
from kolba.web_master.people.invitations import service as invitations_service
from kolba.web_master.people.sessions import repository as sessions_repository
from kolba.web_master.people.sessions import service as sessions_service
from kolba.web_master.people.throttling import repository as throttling_repository
from kolba.web_master.people.throttling import service as throttling_service

FIRST_PASSWORD = "first-admin-password"  # noqa: S105 - the name of a file
STATE = "people"
"""Where routes find a `Rooms` in `request.state`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    accounts: accounts_service.People
    sessions: sessions_service.Sessions
    api_tokens: api_tokens_service.ApiTokens
    registration: invitations_service.Registration
    register: identifying.Register
    addresses: addresses.Addresses
    secure_cookie: bool


def authenticator(
    config: kit_settings.ServiceSettings, people: settings.PeopleSettings
) -> authentication.Authenticator:
    """Who asks the web master. Raises `ValueError` for a local person of an unknown group."""
    return authentication.Authenticator(
        local=tokens_opening.local_person(config),
        fresh_seconds=people.fresh_seconds,
        max_known=people.max_known,
    )


def open_accounts(
    config: kit_settings.ServiceSettings,
    people: settings.PeopleSettings,
    database: engine.Database,
) -> accounts_service.People:
    """The accounts alone, which is all that an operator's commands need."""
    return _Builder(config, people, database, forget=accounts_service.forget_nobody).accounts()


def first_password(data_dir: pathlib.Path) -> pathlib.Path:
    return data_dir / FIRST_PASSWORD


def open_rooms(
    config: kit_settings.ServiceSettings,
    people: settings.PeopleSettings,
    database: engine.Database,
    tokens: tokens_opening.Tokens,
    known: authentication.Authenticator,
) -> Rooms:
    """All of it; the local person and the first administrator are there then, and `known` knows whom to ask. Blocks."""
    builder = _Builder(config, people, database, forget=known.forget)
    accounts = builder.accounts()
    register = builder.register(tokens)
    local = tokens_opening.local_person(config)
    accounts.start(None if local is None else config.auth.local_user)
    known.connect(register)
    return Rooms(
        accounts=accounts,
        sessions=builder.sessions(tokens),
        api_tokens=builder.api_tokens(),
        registration=builder.registration(accounts),
        register=register,
        addresses=addresses.Addresses(config.http.trusted_proxies),
        secure_cookie=people.secure_cookie,
    )


class _Builder:
    """Makes the rooms over one database; what several of them need they share."""

    def __init__(
        self,
        config: kit_settings.ServiceSettings,
        people: settings.PeopleSettings,
        database: engine.Database,
        *,
        forget: accounts_service.Forget,
    ) -> None:
        self._config = config
        self._people = people
        self._forget = forget
        self._time = clock.SystemClock()
        self._hasher = passwords.Hasher(people.hashing)
        self._kept = accounts_repository.PeopleRepository(database)
        self._sessions = sessions_repository.SessionRepository(database)
        self._api_tokens = api_tokens_repository.ApiTokenRepository(database)
        self._invitations = invitations_repository.InvitationRepository(database)
        attempts = throttling_repository.StoredAttempts(
            database, window_seconds=people.sign_in.window_seconds, time=self._time
        )
        self._guard = throttling_service.Guard(attempts, people.sign_in)

    def accounts(self) -> accounts_service.People:
        return accounts_service.People(
            self._kept,
            self._hasher,
            self._guard,
            self._people,
            groups=self._config.auth.groups,
            time=self._time,
            first_password=first_password(self._config.data_dir),
            forget=self._forget,
        )

    def register(self, tokens: tokens_opening.Tokens) -> identifying.Register:
        return identifying.Register(
            self._sessions,
            self._api_tokens,
            verifying.Verifier(tokens.board, kinds.ACCESS),
            belonging=self._belonging,
            time=self._time,
        )

    def sessions(self, tokens: tokens_opening.Tokens) -> sessions_service.Sessions:
        return sessions_service.Sessions(
            self._sessions,
            self._kept,
            self._hasher,
            self._guard,
            tokens.signer,
            config=self._people,
            belonging=self._belonging,
            time=self._time,
            forget=self._forget,
        )

    def api_tokens(self) -> api_tokens_service.ApiTokens:
        return api_tokens_service.ApiTokens(
            self._api_tokens,
            most=self._people.max_api_tokens,
            time=self._time,
            forget=self._forget,
        )

    def registration(self, accounts: accounts_service.People) -> invitations_service.Registration:
        return invitations_service.Registration(
            self._invitations,
            self._kept,
            accounts,
            self._hasher,
            self._guard,
            config=self._people,
            time=self._time,
        )

    def _belonging(self, group: str) -> tuple[str, ...]:
        """What a person of `group` may do; nothing, where the configuration knows it no longer."""
        known = self._config.auth
        return known.belonging(group) if group in known.groups else ()
