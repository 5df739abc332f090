"""The rules of accounts. Methods block: call them from a thread."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Collection

import structlog

from kolba.kit import clock, identity, text
from kolba.kit import errors as kit_errors
from kolba.web_master.people import errors, names, passwords, secret_words, settings
from kolba.web_master.people.accounts import repository
from kolba.web_master.people.standing import repository as standing
from kolba.web_master.people.throttling import service as throttling

FIRST_ADMIN = "admin"
_log = structlog.get_logger("kolba.people")
Forget = Callable[[str], None]
"""Told whose rights have changed, after the commit."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WithPassword:
    """An account and the password that was made for it: shown once."""

    account: repository.Account
    password: str = dataclasses.field(repr=False)


def forget_nobody(name: str) -> None:
    """Where nobody remembers anybody."""


class People:
    def __init__(
        self,
        kept: repository.PeopleRepository,
        hasher: passwords.Hasher,
        guard: throttling.Guard,
        config: settings.PeopleSettings,
        *,
        groups: Collection[str],
        time: clock.Clock,
        first_password: pathlib.Path,
        forget: Forget = forget_nobody,
    ) -> None:
        """`first_password`: where the first administrator's is written. Raises `ValueError` for an unknown group."""
        if config.default_group not in groups:
            raise ValueError(f"people.default_group is {config.default_group}, not in auth.groups")
        self._kept = kept
        self._hasher = hasher
        self._guard = guard
        self._groups = groups
        self._default_group = config.default_group
        self._clock = time
        self._first_password = first_password
        self._forget = forget

    def get(self, name: str) -> repository.Account:
        """Raises `UnknownPerson`."""
        found = self._kept.find(names.canonical(name))
        if found is None:
            raise errors.UnknownPerson(name=_shown(name))
        return found

    def is_known(self, name: str) -> bool:
        """Whether there is somebody of exactly this name."""
        return self._kept.find(name) is not None

    def page(
        self, chosen: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[repository.Account], int]:
        return self._kept.page(chosen, sort=sort, limit=limit, offset=offset)

    def add(
        self,
        name: str,
        *,
        group: str | None = None,
        display_name: str = "",
        must_change_password: bool = True,
        asker: standing.Asker | None = None,
    ) -> WithPassword:
        """With a generated password. `asker`: who asks for it; None: an operator.

        Raises `InvalidInput`, `NameTaken`, `SessionOver`, `PasswordToBeChanged`.
        """
        chosen = group or self._default_group
        self.check_group(chosen)
        password = secret_words.make_password()
        new = repository.NewAccount(
            name=names.check(name, group=chosen),
            display_name=display_name,
            group=chosen,
            password_hash=self._hasher.hash(password),
            must_change_password=must_change_password,
        )
        account = self._kept.add(new, now=self._clock.now(), asker=asker)
        return WithPassword(account=account, password=password)

    def change(
        self, name: str, wanted: repository.Change, *, asker: standing.Asker | None = None
    ) -> repository.Account:
        """`asker`: as with `add`.

        Raises `UnknownPerson`, `LastAdmin`, `LocalIsNobody`, `InvalidInput`, `SessionOver`, `PasswordToBeChanged`.
        """
        known = self.get(name).name
        _check_not_local(known)
        if wanted.group is not None:
            self.check_group(wanted.group)
        changed = self._kept.change(known, wanted, asker=asker)
        self._forget(known)
        if changed is None:
            raise errors.UnknownPerson(name=known)
        return changed

    def rename(self, name: str, display_name: str) -> repository.Account:
        """What oneself is shown as."""
        changed = self._kept.change(name, repository.Change(display_name=display_name))
        if changed is None:
            raise errors.UnknownPerson(name=name)
        return changed

    def reset_password(
        self, name: str, *, must_change_password: bool = True, asker: standing.Asker | None = None
    ) -> WithPassword:
        """A new password, to be used once unless told otherwise; ends their sessions, revokes their API tokens.

        `asker`: as with `add`. Raises `UnknownPerson`, `LocalIsNobody`, `SessionOver`, `PasswordToBeChanged`.
        """
        account = self.get(name)
        _check_not_local(account.name)
        password = secret_words.make_password()
        self._kept.reset_password(
            account.name,
            self._hasher.hash(password),
            must_change_password=must_change_password,
            now=self._clock.now(),
            asker=asker,
        )
        self._forget(account.name)
        self._remove_first_password(account.name)
        return WithPassword(account=self.get(account.name), password=password)

    def change_own_password(
        self, name: str, *, current: str, new: str, keep_session: str | None, address: str
    ) -> None:
        """Ends all their sessions but `keep_session`.

        Raises `WrongPassword`, `TooManyAttempts`, `InvalidInput`, `NoSession`.
        """
        account = self.get(name)
        if account.name == identity.LOCAL:
            raise errors.NoSession
        passwords.check(new, name=name, field="new")
        self._guard.sign_in(name, address)
        if not self._hasher.matches(account.password_hash, current):
            raise errors.WrongPassword
        self._guard.succeeded(name, address)
        if current == new:
            raise kit_errors.InvalidInput(fields=[_SAME_PASSWORD])
        hashed = self._hasher.hash(new)
        if not self._kept.set_password(account, hashed, now=self._clock.now(), keep=keep_session):
            raise errors.WrongPassword  # it was changed or reset while this one was looked at
        self._forget(name)
        self._remove_first_password(name)

    def start(self, local_group: str | None) -> None:
        """At a start: the local person's row; the first administrator, where everybody signs in and none could."""
        self._kept.put_local(local_group, self._clock.now())
        if local_group is None and not self._kept.has_admin():
            self._make_first_admin()

    def check_group(self, group: str) -> None:
        """Raises `InvalidInput`."""
        if group not in self._groups:
            known = ", ".join(self._groups)
            message = text.Text(en=f"one of: {known}", ru=f"одна из: {known}")
            wrong = kit_errors.FieldError(field="group", message=message)
            raise kit_errors.InvalidInput(fields=[wrong])

    def _make_first_admin(self) -> None:
        try:
            made = self.add(FIRST_ADMIN, group=identity.ADMIN)
        except errors.NameTaken:
            _log.warning(
                "nobody is an administrator: `kolba user add NAME --group admin` makes one"
            )
            return
        write_secret(self._first_password, f"{made.account.name}\n{made.password}\n")
        _log.warning(
            "an administrator was made; the password is in a file that only its owner can read",
            name=made.account.name,
            file=str(self._first_password),
        )

    def _remove_first_password(self, name: str) -> None:
        if name == FIRST_ADMIN:
            with contextlib.suppress(FileNotFoundError):
                self._first_password.unlink()


_SAME_PASSWORD = kit_errors.FieldError(
    field="new",
    message=text.Text(
        en="this is the present one; choose another", ru="это нынешний; выберите другой"
    ),
)


def write_secret(path: pathlib.Path, content: str) -> None:
    """A file that nobody but its owner could ever read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(content, "utf-8")


def _check_not_local(name: str) -> None:
    if name == identity.LOCAL:
        raise errors.LocalIsNobody


def _shown(name: str) -> str:
    """A name that was asked for, in an answer: short, and without what cannot be seen."""
    return "".join(one if one.isprintable() else "?" for one in name[: names.LONGEST])
