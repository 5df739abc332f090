"""What a statement has done."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import orm


def changed(session: orm.Session, statement: sqlalchemy.Update | sqlalchemy.Delete) -> int:
    """Execute it; how many rows it found to change or to delete.

    On both databases a row counts also where it already had the new values. What the session has loaded of these rows
    is brought up to date as `Session.execute` does it.
    """
    done = session.execute(statement)
    # Only what a session of the ORM executes is typed more widely than that.
    assert isinstance(done, sqlalchemy.CursorResult)
    return done.rowcount
