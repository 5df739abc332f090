"""The SQL of runs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.contracts import runs as contracts
from kolba.kit.db import statements
from kolba.storage.datasets import models as dataset_models
from kolba.storage.models import models as model_models
from kolba.storage.runs import models

_QUEUED, _RUNNING = contracts.State.QUEUED.value, contracts.State.RUNNING.value
SORTABLE = {
    "id": models.RunRow.id,
    "created_at": models.RunRow.created_at,
    "started_at": models.RunRow.started_at,
    "finished_at": models.RunRow.finished_at,
    "kind": models.RunRow.kind,
    "state": models.RunRow.state,
    "owner": models.RunRow.owner,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    id: tuple[int, ...] | None = None
    """One of these."""
    kind: str | None = None
    state: str | None = None
    owner: str | None = None
    reference: str | None = None
    dataset_id: int | None = None
    model_id: int | None = None


def add(session: orm.Session, **values: Any) -> models.RunRow | None:
    """None where the reference has been given meanwhile; then nothing of this transaction is lost."""
    row = models.RunRow(
        **{"fraction": 0.0, "message": "", "description": "", "attempts": 0, **values},
        cancel_requested=False,
        last_sequence=0,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except sqlalchemy.exc.IntegrityError as error:
        if "reference" not in str(error.orig):
            raise
        return None
    return row


def get(session: orm.Session, run_id: int, *, lock: bool = False) -> models.RunRow | None:
    """With `lock`, the row is this transaction's until it ends."""
    query = sqlalchemy.select(models.RunRow).where(models.RunRow.id == run_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def of_reference(session: orm.Session, reference: str) -> models.RunRow | None:
    query = sqlalchemy.select(models.RunRow).where(models.RunRow.reference == reference)
    return session.scalars(query).one_or_none()


def has_queued(session: orm.Session, kinds: Sequence[str]) -> bool:
    query = sqlalchemy.select(models.RunRow.id).where(
        models.RunRow.state == _QUEUED, models.RunRow.kind.in_(kinds)
    )
    return session.execute(query.limit(1)).first() is not None


def next_queued(session: orm.Session, kinds: Sequence[str]) -> models.RunRow | None:
    """The oldest that waits, locked; those that another transaction is claiming are passed over."""
    query = (
        sqlalchemy.select(models.RunRow)
        .where(models.RunRow.state == _QUEUED, models.RunRow.kind.in_(kinds))
        .order_by(models.RunRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).one_or_none()


def take(
    session: orm.Session,
    row: models.RunRow,
    *,
    token: str,
    worker: str,
    now: dt.datetime,
    until: dt.datetime,
) -> bool:
    """Give a queued run to a worker; whether it was still queued."""
    taken = (
        sqlalchemy.update(models.RunRow)
        .where(models.RunRow.id == row.id, models.RunRow.state == _QUEUED)
        .values(
            state=_RUNNING,
            token=token,
            worker=worker,
            attempts=models.RunRow.attempts + 1,
            events_received=0,
            started_at=sqlalchemy.func.coalesce(models.RunRow.started_at, now),
            lease_expires_at=until,
        )
        .execution_options(synchronize_session=False)
    )
    is_taken = statements.changed(session, taken) > 0
    session.refresh(row)
    return is_taken


def renew(
    session: orm.Session, run_id: int, *, token: str, now: dt.datetime, until: dt.datetime
) -> bool | None:
    """Whether cancellation is asked for; None when the lease is not `token`'s any more."""
    renewed = session.execute(
        sqlalchemy.update(models.RunRow)
        .where(
            models.RunRow.id == run_id,
            models.RunRow.token == token,
            models.RunRow.state == _RUNNING,
            models.RunRow.lease_expires_at > now,
        )
        .values(lease_expires_at=until)
        .returning(models.RunRow.cancel_requested)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if renewed is None else bool(renewed[0])


def has_lapsed(session: orm.Session, now: dt.datetime) -> bool:
    query = sqlalchemy.select(models.RunRow.id).where(
        models.RunRow.state == _RUNNING, models.RunRow.lease_expires_at <= now
    )
    return session.execute(query.limit(1)).first() is not None


def lapsed(session: orm.Session, now: dt.datetime) -> list[models.RunRow]:
    """Those whose worker has gone silent, locked."""
    query = (
        sqlalchemy.select(models.RunRow)
        .where(models.RunRow.state == _RUNNING, models.RunRow.lease_expires_at <= now)
        .order_by(models.RunRow.id)
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def append(
    session: orm.Session,
    row: models.RunRow,
    events: Sequence[contracts.EventData],
    now: dt.datetime,
) -> None:
    """Number the events and add them. The row must be locked."""
    for event in events:
        row.last_sequence += 1
        session.add(
            models.RunEventRow(
                run_id=row.id,
                sequence=row.last_sequence,
                type=event.type,
                message=event.message,
                fraction=event.fraction,
                data=event.data,
                at=now,
            )
        )


def events(
    session: orm.Session, run_id: int, *, after: int, limit: int
) -> list[models.RunEventRow]:
    query = (
        sqlalchemy.select(models.RunEventRow)
        .where(models.RunEventRow.run_id == run_id, models.RunEventRow.sequence > after)
        .order_by(models.RunEventRow.sequence)
        .limit(limit)
    )
    return list(session.scalars(query))


def keep_checkpoint(session: orm.Session, run_id: int, **values: Any) -> str | None:
    """In the place of the one before, whose hash is answered where it was another. The run must be locked."""
    row = session.get(models.CheckpointRow, run_id)
    if row is None:
        session.add(models.CheckpointRow(run_id=run_id, **values))
        return None
    before = row.sha256
    for name, value in values.items():
        setattr(row, name, value)
    return before if before != row.sha256 else None


def drop_checkpoint(session: orm.Session, run_id: int) -> str | None:
    """The hash it had; None where there was none."""
    row = session.get(models.CheckpointRow, run_id)
    if row is None:
        return None
    session.delete(row)
    return row.sha256


def checkpoints_of_ended(session: orm.Session) -> list[int]:
    """The runs that have ended and still have one."""
    query = (
        sqlalchemy.select(models.CheckpointRow.run_id)
        .join(models.RunRow, models.RunRow.id == models.CheckpointRow.run_id)
        .where(models.RunRow.state.not_in([_QUEUED, _RUNNING]))
    )
    return list(session.scalars(query))


def delete(session: orm.Session, row: models.RunRow) -> None:
    """With its events. The models and data sets it made stay, and forget it."""
    for table in (model_models.ModelRow, dataset_models.DatasetRow):
        session.execute(sqlalchemy.update(table).where(table.run_id == row.id).values(run_id=None))
    session.execute(
        sqlalchemy.delete(models.RunEventRow).where(models.RunEventRow.run_id == row.id)
    )
    session.delete(row)
    session.flush()
