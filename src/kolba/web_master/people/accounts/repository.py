"""All SQL of accounts. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit import identity
from kolba.kit.db import engine, listing, statements
from kolba.web_master.people import errors, models, names
from kolba.web_master.people.standing import repository as standing

_PERSON = models.Person
_SORTABLE = {
    "name": _PERSON.name,
    "group": _PERSON.group_name,
    "state": _PERSON.state,
    "created_at": _PERSON.created_at,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    display_name: str
    group: str
    state: str
    password_hash: str | None = dataclasses.field(repr=False)
    must_change_password: bool
    created_at: dt.datetime
    password_changed_at: dt.datetime | None

    @property
    def is_active(self) -> bool:
        return self.state == models.ACTIVE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """`name` is canonical and allowed."""

    name: str
    display_name: str
    group: str
    password_hash: str | None = dataclasses.field(repr=False)
    must_change_password: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become different; None: nothing."""

    display_name: str | None = None
    group: str | None = None
    state: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which accounts; None: any."""

    group: str | None = None
    state: str | None = None
    search: str | None = None
    """Part of a name or of a display name."""


class PeopleRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def find(self, name: str) -> Account | None:
        """By the canonical name; what can be nobody's name is not asked for."""
        if not names.is_allowed(name):
            return None
        with self._database.reading() as session:
            row = session.scalar(_by_name(name))
            return None if row is None else account(row)

    def has_admin(self) -> bool:
        """Whether anybody who can sign in is an administrator."""
        with self._database.reading() as session:
            return bool(session.scalars(_admins()).first())

    def page(
        self, chosen: Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[Account], int]:
        """Raises `InvalidInput` for an unknown sort key."""
        with self._database.reading() as session:
            rows, total = listing.page(
                session, _query(chosen), sortable=_SORTABLE, sort=sort, limit=limit, offset=offset
            )
            return [account(row) for row in rows], total

    def add(
        self,
        new: NewAccount,
        *,
        now: dt.datetime,
        invitation_sha256: str | None = None,
        asker: standing.Asker | None = None,
    ) -> Account:
        """An active account; by an invitation, in the group that it is for, and it is used up then.

        `asker`: who makes it for somebody else; None: an operator, or oneself.
        Raises `NameTaken`, `InvitationRefused`, `SessionOver`, `PasswordToBeChanged`; then nothing is done.
        """
        try:
            with self._database.writing() as session:
                if asker is not None:
                    standing.check(session, asker)
                group = new.group
                if invitation_sha256 is not None:
                    group = _use(session, invitation_sha256, new.name, now)
                row = _PERSON(
                    name=new.name,
                    skeleton=names.skeleton(new.name),
                    display_name=new.display_name,
                    group_name=group,
                    state=models.ACTIVE,
                    password_hash=new.password_hash,
                    must_change_password=new.must_change_password,
                    created_at=now,
                    password_changed_at=now,
                )
                session.add(row)
                session.flush()
                return account(row)
        except sa.exc.IntegrityError as error:
            raise errors.NameTaken(name=new.name) from error

    def put_local(self, group: str | None, now: dt.datetime) -> None:
        """The local person's row: active in this group, or disabled where there is no such person."""
        values = {
            "state": models.DISABLED if group is None else models.ACTIVE,
            **({} if group is None else {"group_name": group}),
        }
        # Another web master that starts too may have made it just now.
        with contextlib.suppress(sa.exc.IntegrityError), self._database.writing() as session:
            local = sa.update(_PERSON).where(_is(identity.LOCAL)).values(**values)
            if not statements.changed(session, local) and group is not None:
                session.add(_local(group, now))

    def change(
        self, name: str, wanted: Change, *, asker: standing.Asker | None = None
    ) -> Account | None:
        """The account as it is then; None: there is none. Disabling ends its sessions.

        `asker`: as with `add`. Raises `LastAdmin`, `SessionOver`, `PasswordToBeChanged`.
        """
        with self._database.writing() as session:
            admins = list(session.scalars(_admins().with_for_update()))
            row = session.scalar(_by_name(name).with_for_update())
            if asker is not None:
                standing.check(session, asker)
            if row is None:
                return None
            group, state = wanted.group or row.group_name, wanted.state or row.state
            if admins == [name] and (group, state) != (identity.ADMIN, models.ACTIVE):
                raise errors.LastAdmin(name=name)
            row.group_name, row.state = group, state
            if wanted.display_name is not None:
                row.display_name = wanted.display_name
            if state == models.DISABLED:
                _end_sessions(session, name, keep=None)
            session.flush()
            return account(row)

    def set_password(
        self, of: Account, password_hash: str, *, now: dt.datetime, keep: str | None
    ) -> bool:
        """One's own new password: ends one's sessions, but for `keep`.

        Whether it was set: not where the account's password is another than when it was read.
        """
        with self._database.writing() as session:
            row = session.scalar(_by_name(of.name).with_for_update())
            if row is None or row.password_changed_at != of.password_changed_at:
                return False
            row.password_hash, row.must_change_password = password_hash, False
            row.password_changed_at = now
            _end_sessions(session, of.name, keep=keep)
            return True

    def reset_password(
        self,
        name: str,
        password_hash: str,
        *,
        must_change_password: bool,
        now: dt.datetime,
        asker: standing.Asker | None = None,
    ) -> None:
        """Another password: ends all sessions and revokes all API tokens.

        `asker`: as with `add`. Raises `SessionOver`, `PasswordToBeChanged`.
        """
        changed = {
            "password_hash": password_hash,
            "must_change_password": must_change_password,
            "password_changed_at": now,
        }
        with self._database.writing() as session:
            session.execute(sa.update(_PERSON).where(_is(name)).values(**changed))
            if asker is not None:
                standing.check(session, asker)
            _end_sessions(session, name, keep=None)
            session.execute(sa.delete(models.ApiToken).where(models.ApiToken.person == name))

    def rehash(self, name: str, former: str, password_hash: str) -> None:
        """The same password, hashed with other figures; unless it was changed meanwhile."""
        with self._database.writing() as session:
            session.execute(
                sa.update(_PERSON)
                .where(_is(name), _PERSON.password_hash == former)
                .values(password_hash=password_hash)
            )


def account(row: models.Person) -> Account:
    return Account(
        name=row.name,
        display_name=row.display_name,
        group=row.group_name,
        state=row.state,
        password_hash=row.password_hash,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
        password_changed_at=row.password_changed_at,
    )


def _is(name: str) -> sa.ColumnElement[bool]:
    return _PERSON.name == name


def _by_name(name: str) -> sa.Select[models.Person]:
    return sa.select(_PERSON).where(_is(name))


def _admins() -> sa.Select[str]:
    """In one order, so that two who demote one another do not wait for each other for ever."""
    return (
        sa.select(_PERSON.name)
        .where(
            _PERSON.group_name == identity.ADMIN,
            _PERSON.state == models.ACTIVE,
            _PERSON.password_hash.is_not(None),
        )
        .order_by(_PERSON.id)
    )


def _query(chosen: Filter) -> sa.Select[models.Person]:
    query = sa.select(_PERSON)
    if chosen.group is not None:
        query = query.where(_PERSON.group_name == chosen.group)
    if chosen.state is not None:
        query = query.where(_PERSON.state == chosen.state)
    if chosen.search:
        query = query.where(
            sa.or_(
                _PERSON.name.contains(names.canonical(chosen.search), autoescape=True),
                _PERSON.display_name.icontains(chosen.search, autoescape=True),
            )
        )
    return query


def _local(group: str, now: dt.datetime) -> models.Person:
    return _PERSON(
        name=identity.LOCAL,
        skeleton=names.skeleton(identity.LOCAL),
        display_name="",
        group_name=group,
        state=models.ACTIVE,
        password_hash=None,
        must_change_password=False,
        created_at=now,
        password_changed_at=None,
    )


def _use(session: orm.Session, sha256: str, name: str, now: dt.datetime) -> str:
    """Use an invitation up, once; the group it is for. Raises `InvitationRefused`."""
    one = models.Invitation
    used = (
        sa.update(one)
        .where(one.secret_sha256 == sha256, one.used_at.is_(None), one.expires_at > now)
        .values(used_at=now, used_by=name)
    )
    if not statements.changed(session, used):
        raise errors.InvitationRefused
    return session.scalars(sa.select(one.group_name).where(one.secret_sha256 == sha256)).one()


def _end_sessions(session: orm.Session, name: str, *, keep: str | None) -> None:
    ended = sa.delete(models.Session).where(models.Session.person == name)
    if keep is not None:
        ended = ended.where(models.Session.id != keep)
    session.execute(ended)
