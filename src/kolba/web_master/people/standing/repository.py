"""Whether who asks is still signed in, looked at in the transaction that does what they ask.

A request is let in by what this process remembers of its session, for up to `people.fresh_seconds`. That is soon
enough for what is over with the request. What opens the house again later (an API token, an invitation, an account)
must not be made in the seconds between a reset of the password elsewhere and its being noticed here.
"""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.web_master.people import errors, models

_SESSION = models.Session
_PERSON = models.Person


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    name: str
    session: str | None
    """Which of theirs; None: the local person, who has none."""


def check(session: orm.Session, asker: Asker) -> None:
    """Raises `SessionOver`, `PasswordToBeChanged`.

    Whoever ends the session at this moment is waited for, or waits until this transaction is over and then finds
    what it has made.
    """
    if asker.session is None:
        return
    query = (
        sa.select(_PERSON.must_change_password)
        .join(_SESSION, _SESSION.person == _PERSON.name)
        .where(_SESSION.id == asker.session, _SESSION.person == asker.name)
        .with_for_update(read=True, of=_SESSION)
    )
    must_change_password = session.scalar(query)
    if must_change_password is None:
        raise errors.SessionOver
    if must_change_password:
        raise errors.PasswordToBeChanged
