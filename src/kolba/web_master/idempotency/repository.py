"""All SQL of idempotency keys. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import uuid_utils
from sqlalchemy import orm

from kolba.kit.db import engine, statements
from kolba.web_master.idempotency import hashing, models

_claim = models.Claim
_AT_ONCE = 500
"""Ids in one statement."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose key it is, and for what."""

    person: str
    key: str
    target_sha256: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    content: bytes | None
    """None: not kept."""
    mark: tuple[str, int] | None = None
    """The charge for it, by `predictions.delivery`'s owner and serial number."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of a key now."""

    id: int
    is_mine: bool
    """It was free, or given up, and is now the caller's to work on."""
    is_done: bool
    attempt: int
    reference: str
    target_sha256: str
    body: hashing.Digest | None
    """Of the request; None until it was read."""
    lease_until: dt.datetime
    answer: Answer | None


class ClaimRepository:
    def __init__(self, database: engine.Database, *, owner: str) -> None:
        """`owner` is this web master's, and no other's before or beside it."""
        self._database = database
        self._owner = owner

    def claim(
        self, asked: Asked, *, now: dt.datetime, lease_until: dt.datetime, expires_at: dt.datetime
    ) -> Found:
        """Take the key if nobody has it, or what is known of it."""
        fresh = {
            "state": models.RUNNING,
            "target_sha256": asked.target_sha256,
            "body_sha256": None,
            "body_bytes": None,
            "reference": f"idempotent-{uuid_utils.uuid7().hex}",
            "attempt": 1,
            "owner": self._owner,
            "lease_until": lease_until,
            "expires_at": expires_at,
            "status": None,
            "headers": None,
            "content": None,
            "mark_owner": None,
            "mark_serial": None,
        }
        with self._database.writing() as session:
            row = self._locked(session, asked)
            if row is None:
                if self._insert(session, asked, fresh):
                    return _found(self._existing(session, asked), is_mine=True)
                row = self._existing(session, asked)
            if row.state != models.RUNNING and row.expires_at <= now:
                _set(row, fresh)
                return _found(row, is_mine=True)
            is_free = row.state == models.FAILED or (
                row.state == models.RUNNING and row.lease_until <= now
            )
            if is_free and row.target_sha256 == asked.target_sha256:
                again = {"state": models.RUNNING, "attempt": row.attempt + 1, "owner": self._owner}
                _set(row, {**again, "lease_until": lease_until})
                return _found(row, is_mine=True)
            return _found(row, is_mine=False)

    def finish(self, claimed: Found, answer: Answer, body: hashing.Digest) -> bool:
        """Keep the answer; False where the claim had been given up and is another's."""
        return self._end(
            claimed,
            sa.update(_claim).values(
                state=models.DONE,
                status=answer.status,
                headers=dict(answer.headers),
                content=answer.content,
                mark_owner=answer.mark[0] if answer.mark else None,
                mark_serial=answer.mark[1] if answer.mark else None,
                **_columns(body),
            ),
        )

    def fail(self, claimed: Found, body: hashing.Digest | None) -> bool:
        """May be tried again, under the same reference; False as with `finish`."""
        return self._end(claimed, sa.update(_claim).values(state=models.FAILED, **_columns(body)))

    def forget(self, claimed: Found) -> bool:
        """Nothing was done: the key is new again; False as with `finish`."""
        return self._end(claimed, sa.delete(_claim))

    def renew(self, ids: Sequence[int], *, lease_until: dt.datetime) -> None:
        """This web master lives and works on at these claims.

        Not at all that are in its name: one that could not be ended is nobody's work any more, and its lease lapses.
        """
        mine = _claim.owner == self._owner, _claim.state == models.RUNNING
        renewed = sa.update(_claim).values(lease_until=lease_until)
        with self._database.writing() as session:
            for start in range(0, len(ids), _AT_ONCE):
                some = _claim.id.in_(ids[start : start + _AT_ONCE])
                session.execute(renewed.where(some, *mine))

    def give_up_others(self, *, now: dt.datetime) -> None:
        """Where only one web master can have the database: what others were doing, they do no more."""
        if not self._database.is_sqlite:
            return
        statement = (
            sa.update(_claim)
            .where(_claim.owner != self._owner, _claim.state == models.RUNNING)
            .values(lease_until=now)
        )
        with self._database.writing() as session:
            session.execute(statement)

    def kept_marks(self) -> set[tuple[str, int]]:
        """The charges of answers that are kept."""
        marked = _claim.mark_owner.is_not(None)
        query = sa.select(_claim.mark_owner, _claim.mark_serial).where(marked)
        with self._database.reading() as session:
            return {(str(owner), int(serial or 0)) for owner, serial in session.execute(query)}

    def forget_marks(self, owner: str) -> None:
        """What `owner` had charged before is settled; its numbers begin anew."""
        statement = sa.update(_claim).where(_claim.mark_owner == owner)
        with self._database.writing() as session:
            session.execute(statement.values(mark_owner=None, mark_serial=None))

    def sweep(self, *, now: dt.datetime) -> None:
        """Forget what is older than it is kept."""
        statement = sa.delete(_claim).where(_claim.expires_at <= now, _claim.lease_until <= now)
        with self._database.writing() as session:
            session.execute(statement)

    def _locked(self, session: orm.Session, asked: Asked) -> models.Claim | None:
        query = sa.select(_claim).where(_claim.person == asked.person, _claim.key == asked.key)
        return session.scalars(query.with_for_update()).one_or_none()

    def _existing(self, session: orm.Session, asked: Asked) -> models.Claim:
        row = self._locked(session, asked)
        assert row is not None
        return row

    def _insert(self, session: orm.Session, asked: Asked, fresh: Mapping[str, Any]) -> bool:
        """False where another web master was quicker."""
        try:
            with session.begin_nested():
                session.add(_claim(person=asked.person, key=asked.key, **fresh))
        except sa.exc.IntegrityError:
            return False
        return True

    def _end(self, claimed: Found, statement: sa.Update | sa.Delete) -> bool:
        mine = (
            _claim.id == claimed.id,
            _claim.attempt == claimed.attempt,
            _claim.state == models.RUNNING,
        )
        with self._database.writing() as session:
            return statements.changed(session, statement.where(*mine)) == 1


def _columns(body: hashing.Digest | None) -> dict[str, Any]:
    return {} if body is None else {"body_sha256": body.sha256, "body_bytes": body.size}


def _set(row: models.Claim, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _found(row: models.Claim, *, is_mine: bool) -> Found:
    return Found(
        id=row.id,
        is_mine=is_mine,
        is_done=row.state == models.DONE,
        attempt=row.attempt,
        reference=row.reference,
        target_sha256=row.target_sha256,
        body=_digest(row),
        lease_until=row.lease_until,
        answer=_answer(row),
    )


def _digest(row: models.Claim) -> hashing.Digest | None:
    if row.body_sha256 is None or row.body_bytes is None:
        return None
    return hashing.Digest(sha256=row.body_sha256, size=row.body_bytes)


def _answer(row: models.Claim) -> Answer | None:
    if row.status is None:
        return None
    return Answer(status=row.status, headers=row.headers or {}, content=row.content)
