"""All SQL of sessions. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import engine, statements
from kolba.web_master.people import models
from kolba.web_master.people.accounts import repository as accounts

_SESSION = models.Session
_PERSON = models.Person
_REFRESH = models.RefreshToken
_USED_EVERY = dt.timedelta(minutes=1)
"""Its last use is written no more often."""
_PURGED_AT_ONCE = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: str
    person: str
    kind: str
    address: str
    agent: str
    created_at: dt.datetime
    last_used_at: dt.datetime
    expires_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    id: str
    kind: str
    secret_sha256: str | None = None
    """Of a browser's cookie."""
    refresh_sha256: str | None = None
    """Of a program's first refresh token."""
    address: str
    agent: str
    created_at: dt.datetime
    expires_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A living session of an active person."""

    id: str
    person: str
    group: str
    must_change_password: bool
    expires_at: dt.datetime
    is_stale: bool
    """Whether its last use should be written again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    outcome: Literal["done", "unknown", "reused"]
    session: str = ""
    """Of `reused`: the one that was ended."""
    account: accounts.Account | None = None
    """Of `done` and `reused`."""


class SessionRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def begin(self, new: NewSession, *, of: accounts.Account, most: int) -> bool:
        """Whether it began: not where the account was disabled or its password changed since it was read.

        Of more than `most` sessions those go that were not used for longest.
        """
        with self._database.writing() as session:
            # Locked: a reset of the password that is not committed yet is waited for, or ends this session, too.
            account = sa.select(_PERSON).where(_PERSON.name == of.name).with_for_update(read=True)
            person = session.scalar(account)
            if person is None or person.state != models.ACTIVE:
                return False
            if person.password_changed_at != of.password_changed_at:
                return False
            _purge(session, of.name, now=new.created_at, most=most)
            session.add(_row(new, of.name))
            session.flush()
            if new.refresh_sha256 is not None:
                session.add(_REFRESH(secret_sha256=new.refresh_sha256, session=new.id))
            return True

    def find_by_secret(self, sha256: str, now: dt.datetime) -> Found | None:
        return self._find(_SESSION.secret_sha256 == sha256, now)

    def find(self, id_: str, now: dt.datetime) -> Found | None:
        return self._find(_SESSION.id == id_, now)

    def touch(self, id_: str, now: dt.datetime) -> None:
        """It was used now."""
        with self._database.writing() as session:
            session.execute(sa.update(_SESSION).where(_SESSION.id == id_).values(last_used_at=now))

    def refresh(self, former: str, new: str, now: dt.datetime) -> Refreshed:
        """Put another refresh token (its hash) in the place of one. One that was used before ends its session."""
        if not self._has_refresh_token(former):
            return Refreshed(outcome="unknown")  # whoever guesses does not make writers wait
        with self._database.writing() as session:
            token = session.scalar(
                sa.select(_REFRESH).where(_REFRESH.secret_sha256 == former).with_for_update()
            )
            found = None if token is None else _with_person(session, token.session)
            if token is None or found is None:
                return Refreshed(outcome="unknown")
            row, person = found
            account = accounts.account(person)
            if token.used_at is not None:
                session.execute(sa.delete(_SESSION).where(_SESSION.id == row.id))
                return Refreshed(outcome="reused", session=row.id, account=account)
            if row.expires_at <= now or not account.is_active:
                return Refreshed(outcome="unknown")
            token.used_at = row.last_used_at = now
            session.add(_REFRESH(secret_sha256=new, session=row.id))
            return Refreshed(outcome="done", session=row.id, account=account)

    def _has_refresh_token(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return session.get(_REFRESH, sha256) is not None

    def end(self, id_: str, *, of: str) -> bool:
        """Whether there was such a session of this person."""
        gone = sa.delete(_SESSION).where(_SESSION.id == id_, _SESSION.person == of)
        with self._database.writing() as session:
            return statements.changed(session, gone) > 0

    def end_all(self, person: str) -> None:
        with self._database.writing() as session:
            session.execute(sa.delete(_SESSION).where(_SESSION.person == person))

    def of(self, person: str, now: dt.datetime) -> list[Session]:
        """The living ones, the last used first."""
        query = (
            sa.select(_SESSION)
            .where(_SESSION.person == person, _SESSION.expires_at > now)
            .order_by(_SESSION.last_used_at.desc(), _SESSION.id)
        )
        with self._database.reading() as session:
            return [_session(row) for row in session.scalars(query)]

    def _find(self, is_it: sa.ColumnElement[bool], now: dt.datetime) -> Found | None:
        query = (
            sa.select(_SESSION, _PERSON.group_name, _PERSON.must_change_password)
            .join(_PERSON, _PERSON.name == _SESSION.person)
            .where(is_it, _SESSION.expires_at > now, _PERSON.state == models.ACTIVE)
        )
        with self._database.reading() as session:
            found = session.execute(query).first()
        if found is None:
            return None
        row, group, must_change_password = found
        return Found(
            id=row.id,
            person=row.person,
            group=group,
            must_change_password=must_change_password,
            expires_at=row.expires_at,
            is_stale=now - row.last_used_at >= _USED_EVERY,
        )


def _with_person(session: orm.Session, id_: str) -> tuple[models.Session, models.Person] | None:
    query = (
        sa.select(_SESSION, _PERSON)
        .join(_PERSON, _PERSON.name == _SESSION.person)
        .where(_SESSION.id == id_)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def _purge(session: orm.Session, person: str, *, now: dt.datetime, most: int) -> None:
    """Anybody's that have expired, and this person's that are too many with one more."""
    expired = sa.select(_SESSION.id).where(_SESSION.expires_at <= now).limit(_PURGED_AT_ONCE)
    extra = (
        sa.select(_SESSION.id)
        .where(_SESSION.person == person)
        .order_by(_SESSION.last_used_at.desc(), _SESSION.id)
        .offset(most - 1)
        .limit(_PURGED_AT_ONCE)
    )
    for query in (expired, extra):
        gone = list(session.scalars(query))
        if gone:
            session.execute(sa.delete(_SESSION).where(_SESSION.id.in_(gone)))


def _row(new: NewSession, person: str) -> models.Session:
    return _SESSION(
        id=new.id,
        person=person,
        kind=new.kind,
        secret_sha256=new.secret_sha256,
        address=new.address,
        agent=new.agent,
        created_at=new.created_at,
        last_used_at=new.created_at,
        expires_at=new.expires_at,
    )


def _session(row: models.Session) -> Session:
    return Session(
        id=row.id,
        person=row.person,
        kind=row.kind,
        address=row.address,
        agent=row.agent,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )
