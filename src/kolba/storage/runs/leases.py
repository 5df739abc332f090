"""Whether a worker still holds a run."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from kolba.contracts import runs as contracts
from kolba.storage.runs import errors, models, repository


def held(session: Any, run_id: int, token: str, now: dt.datetime) -> models.RunRow:
    """The run, locked, whose lease `token` proves. Raises `LeaseLost`."""
    row = repository.get(session, run_id, lock=True)
    if row is None or row.token is None or row.state != contracts.State.RUNNING.value:
        raise errors.LeaseLost(run_id=run_id)
    is_lapsed = row.lease_expires_at is None or row.lease_expires_at <= now
    if is_lapsed or not secrets.compare_digest(row.token.encode(), token.encode()):
        raise errors.LeaseLost(run_id=run_id)
    return row
