"""The rules of registering. Methods block: call them from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt

from kolba.kit import clock
from kolba.web_master.people import errors, names, passwords, secret_words, settings
from kolba.web_master.people.accounts import repository as accounts
from kolba.web_master.people.accounts import service as accounts_service
from kolba.web_master.people.invitations import repository
from kolba.web_master.people.standing import repository as standing
from kolba.web_master.people.throttling import service as throttling


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An invitation, and its secret: shown once."""

    invitation: repository.Invitation
    secret: str = dataclasses.field(repr=False)


class Registration:
    def __init__(
        self,
        kept: repository.InvitationRepository,
        people: accounts.PeopleRepository,
        rules: accounts_service.People,
        hasher: passwords.Hasher,
        guard: throttling.Guard,
        *,
        config: settings.PeopleSettings,
        time: clock.Clock,
    ) -> None:
        self._kept = kept
        self._people = people
        self._rules = rules
        self._hasher = hasher
        self._guard = guard
        self._config = config
        self._clock = time

    @property
    def mode(self) -> settings.Registration:
        return self._config.registration

    def invite(
        self, *, group: str | None, days: float | None, note: str, asker: standing.Asker
    ) -> Made:
        """Raises `InvalidInput`, `SessionOver`, `PasswordToBeChanged`."""
        chosen = group or self._config.default_group
        self._rules.check_group(chosen)
        secret = secret_words.make(secret_words.INVITATION)
        now = self._clock.now()
        good_for = dt.timedelta(days=days or self._config.invitation_days)
        invitation = self._kept.add(
            secret_sha256=secret_words.digest(secret),
            group=chosen,
            note=note,
            asker=asker,
            created_at=now,
            expires_at=now + good_for,
        )
        return Made(invitation=invitation, secret=secret)

    def page(self, *, limit: int, offset: int) -> tuple[list[repository.Invitation], int]:
        return self._kept.page(limit=limit, offset=offset)

    def withdraw(self, id_: int) -> None:
        """Raises `UnknownInvitation`."""
        if not self._kept.remove(id_):
            raise errors.UnknownInvitation(id=id_)

    def register(
        self,
        name: str,
        password: str,
        *,
        display_name: str,
        invitation: str | None,
        address: str,
    ) -> accounts.Account:
        """An account in the default group, or in the invitation's.

        Raises `RegistrationClosed`, `InvitationRefused`, `TooManyAttempts`, `InvalidInput`, `NameTaken`, `TooBusy`.
        """
        if self._config.registration == "closed":
            raise errors.RegistrationClosed
        self._guard.register(address)
        sha256 = None if invitation is None else secret_words.digest(invitation)
        group = self._group(sha256)
        allowed = names.check(name, group=group)
        passwords.check(password, name=allowed)
        if self._people.find(allowed) is not None:
            raise errors.NameTaken(name=allowed)  # before a hash is made for nothing
        new = accounts.NewAccount(
            name=allowed,
            display_name=display_name,
            group=group,
            password_hash=self._hasher.hash(password),
        )
        return self._people.add(new, now=self._clock.now(), invitation_sha256=sha256)

    def _group(self, sha256: str | None) -> str:
        if sha256 is None:
            if self._config.registration == "invitation":
                raise errors.InvitationRefused
            return self._config.default_group
        group = self._kept.group_of(sha256, self._clock.now())
        if group is None:
            raise errors.InvitationRefused
        return group
