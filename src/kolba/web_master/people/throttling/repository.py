"""Attempts in the database: counted together by all web masters that share it, and across their restarts."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit import clock
from kolba.kit.db import engine
from kolba.web_master.people import models
from kolba.web_master.people.throttling import base

_ATTEMPT = models.Attempt


class StoredAttempts:
    def __init__(
        self, database: engine.Database, *, window_seconds: float, time: clock.Clock
    ) -> None:
        self._database = database
        self._window = window_seconds
        self._clock = time

    def take(self, limits: Sequence[base.Limit]) -> float | None:
        now = self._clock.now()
        begin = now - dt.timedelta(seconds=self._window)
        with self._database.reading() as session:  # a flood does not make writers wait
            longest = max(self._wait(session, one, now) for one in limits)
        if longest > 0:
            return longest
        with self._database.writing() as session:
            for key in sorted(_key(one.bucket) for one in limits):
                self._hold(session, key)
            session.execute(sa.delete(_ATTEMPT).where(_ATTEMPT.at <= begin))
            longest = max(self._wait(session, one, now) for one in limits)
            if longest > 0:
                return longest
            session.add_all(_ATTEMPT(bucket=_key(one.bucket), at=now) for one in limits)
            return None

    def give_back(self, buckets: Sequence[str]) -> None:
        with self._database.writing() as session:
            for bucket in sorted(buckets):
                youngest = (
                    sa.select(sa.func.max(_ATTEMPT.id))
                    .where(_ATTEMPT.bucket == _key(bucket))
                    .scalar_subquery()
                )
                session.execute(sa.delete(_ATTEMPT).where(_ATTEMPT.id == youngest))

    def clear(self, bucket: str) -> None:
        with self._database.writing() as session:
            session.execute(sa.delete(_ATTEMPT).where(_ATTEMPT.bucket == _key(bucket)))

    def _hold(self, session: orm.Session, key: str) -> None:
        """Whoever else counts in this bucket waits; SQLite has one writer at a time anyway."""
        if not self._database.is_sqlite:
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(int(key[:15], 16))))

    def _wait(self, session: orm.Session, limit: base.Limit, now: dt.datetime) -> float:
        query = (
            sa.select(_ATTEMPT.at)
            .where(_ATTEMPT.bucket == _key(limit.bucket))
            .order_by(_ATTEMPT.at.desc())
            .limit(limit.most)
        )
        ages = [(now - at).total_seconds() for at in session.scalars(query)]
        return base.wait(ages, limit.most, self._window)


def _key(bucket: str) -> str:
    """Of one length, and telling nobody who reads the table what was typed where a name belongs."""
    return hashlib.sha256(bucket.encode("utf-8", "surrogatepass")).hexdigest()
