"""What a handler may add to the entry of the request it serves. Nothing secret, and nothing of the body as it came.

notes.about("person", name)   # the object, where the path does not name it
notes.by(name)                # the actor, where signing in has only now shown who it is
notes.add(amount=500)         # particulars
notes.nothing_new()           # success is not worth an entry: what was there before goes on
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator

Detail = str | int | bool | None


@dataclasses.dataclass(slots=True)
class Notes:
    """Filled by handlers, also from a thread of theirs, and read when they are done."""

    object_kind: str | None = None
    object_id: str | None = None
    actor: str | None = None
    details: dict[str, Detail] = dataclasses.field(default_factory=dict)
    is_nothing_new: bool = False


_present: contextvars.ContextVar[Notes | None] = contextvars.ContextVar("kolba_audit", default=None)


@contextlib.contextmanager
def collecting() -> Iterator[Notes]:
    """The notes that are made within the block."""
    made = Notes()
    token = _present.set(made)
    try:
        yield made
    finally:
        _present.reset(token)


def about(kind: str, id_: str | int) -> None:
    """What was done was done to this object."""
    present = _present.get()
    if present is not None:
        present.object_kind, present.object_id = kind, str(id_)


def by(name: str) -> None:
    """What was done was done by this person."""
    present = _present.get()
    if present is not None:
        present.actor = name


def add(**details: Detail) -> None:
    """Particulars; the last value of a name counts."""
    present = _present.get()
    if present is not None:
        present.details.update(details)


def nothing_new() -> None:
    """Success says nothing that the log does not know; a refusal is written all the same."""
    present = _present.get()
    if present is not None:
        present.is_nothing_new = True
