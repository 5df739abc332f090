"""All SQL of invitations but using one up, which is part of adding an account."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa

from kolba.kit.db import engine, statements
from kolba.web_master.people import models
from kolba.web_master.people.standing import repository as standing

_INVITATION = models.Invitation


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    id: int
    group: str
    note: str
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    used_by: str | None
    used_at: dt.datetime | None


class InvitationRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def add(
        self,
        *,
        secret_sha256: str,
        group: str,
        note: str,
        asker: standing.Asker,
        created_at: dt.datetime,
        expires_at: dt.datetime,
    ) -> Invitation:
        """Raises `SessionOver`, `PasswordToBeChanged`."""
        row = _INVITATION(
            secret_sha256=secret_sha256,
            group_name=group,
            note=note,
            created_by=asker.name,
            created_at=created_at,
            expires_at=expires_at,
        )
        with self._database.writing() as session:
            standing.check(session, asker)
            session.add(row)
            session.flush()
            return _invitation(row)

    def group_of(self, secret_sha256: str, now: dt.datetime) -> str | None:
        """The group of one that is good; None: there is none."""
        one = _INVITATION
        query = sa.select(one.group_name).where(
            one.secret_sha256 == secret_sha256, one.used_at.is_(None), one.expires_at > now
        )
        with self._database.reading() as session:
            return session.scalar(query)

    def page(self, *, limit: int, offset: int) -> tuple[list[Invitation], int]:
        """The newest first."""
        query = sa.select(_INVITATION).order_by(_INVITATION.id.desc())
        count = sa.select(sa.func.count()).select_from(_INVITATION)
        with self._database.reading() as session:
            rows = session.scalars(query.limit(limit).offset(offset))
            return [_invitation(row) for row in rows], session.scalar(count) or 0

    def remove(self, id_: int) -> bool:
        """Whether there was one."""
        gone = sa.delete(_INVITATION).where(_INVITATION.id == id_)
        with self._database.writing() as session:
            return statements.changed(session, gone) > 0


def _invitation(row: models.Invitation) -> Invitation:
    return Invitation(
        id=row.id,
        group=row.group_name,
        note=row.note,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_by=row.used_by,
        used_at=row.used_at,
    )
