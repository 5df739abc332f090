"""All SQL of API tokens. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from kolba.kit.db import engine, statements
from kolba.web_master.people import errors, models
from kolba.web_master.people.standing import repository as standing

_TOKEN = models.ApiToken
_PERSON = models.Person
_USED_EVERY = dt.timedelta(minutes=1)
"""Its last use is written no more often."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    last_used_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A token that is good, of an active person."""

    id: int
    person: str
    group: str
    scopes: tuple[str, ...]
    expires_at: dt.datetime
    is_stale: bool
    """Whether its last use should be written again."""


class ApiTokenRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def add(
        self,
        asker: standing.Asker,
        name: str,
        *,
        scopes: Sequence[str],
        secret_sha256: str,
        created_at: dt.datetime,
        expires_at: dt.datetime,
        most: int,
    ) -> ApiToken:
        """Raises `TokenNameTaken`, `TooManyTokens`, `SessionOver`, `PasswordToBeChanged`."""
        person = asker.name
        row = _TOKEN(
            person=person,
            name=name,
            scopes=list(scopes),
            secret_sha256=secret_sha256,
            created_at=created_at,
            expires_at=expires_at,
        )
        owned = sa.select(sa.func.count()).select_from(_TOKEN).where(_TOKEN.person == person)
        try:
            with self._database.writing() as session:
                # Two at once wait for one another here, or both would be the last that may be.
                session.execute(
                    sa.select(_PERSON.id).where(_PERSON.name == person).with_for_update()
                )
                standing.check(session, asker)
                if (session.scalar(owned) or 0) >= most:
                    raise errors.TooManyTokens(most=most)
                session.add(row)
                session.flush()
                return _token(row)
        except sa.exc.IntegrityError as error:
            raise errors.TokenNameTaken(name=name) from error

    def of(self, person: str) -> list[ApiToken]:
        query = sa.select(_TOKEN).where(_TOKEN.person == person).order_by(_TOKEN.id)
        with self._database.reading() as session:
            return [_token(row) for row in session.scalars(query)]

    def remove(self, id_: int, *, of: str) -> bool:
        """Whether this person had it."""
        gone = sa.delete(_TOKEN).where(_TOKEN.id == id_, _TOKEN.person == of)
        with self._database.writing() as session:
            return statements.changed(session, gone) > 0

    def find_by_secret(self, sha256: str, now: dt.datetime) -> Found | None:
        query = (
            sa.select(_TOKEN, _PERSON.group_name)
            .join(_PERSON, _PERSON.name == _TOKEN.person)
            .where(
                _TOKEN.secret_sha256 == sha256,
                _TOKEN.expires_at > now,
                _PERSON.state == models.ACTIVE,
            )
        )
        with self._database.reading() as session:
            found = session.execute(query).first()
        if found is None:
            return None
        row, group = found
        return Found(
            id=row.id,
            person=row.person,
            group=group,
            scopes=tuple(row.scopes),
            expires_at=row.expires_at,
            is_stale=row.last_used_at is None or now - row.last_used_at >= _USED_EVERY,
        )

    def touch(self, id_: int, now: dt.datetime) -> None:
        """It was used now."""
        with self._database.writing() as session:
            session.execute(sa.update(_TOKEN).where(_TOKEN.id == id_).values(last_used_at=now))


def _token(row: models.ApiToken) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
