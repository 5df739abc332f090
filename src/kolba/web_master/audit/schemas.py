"""The edges of the audit log."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import pydantic

from kolba.contracts import pages

_Word = Annotated[str | None, pydantic.Field(max_length=256, pattern=r"^[^\x00]*$")]


class AuditFilter(pydantic.BaseModel):
    """Which entries."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    actor: _Word = None
    """A person's name; empty: nobody who was known."""
    action: _Word = None
    """How the action begins, such as `POST /auth` or `kolba user`."""
    object: _Word = None
    """A kind of object (`dataset`), or one object (`dataset/3`)."""
    outcome: Literal["begun", "done", "refused", "failed", "unanswered", "unfinished"] | None = None
    """`unfinished`: what was begun, and nothing says how it ended, because it goes on or its process ended."""
    since: pydantic.AwareDatetime | None = None
    """At this moment or later, such as `2026-03-14T09:00:00Z`."""
    until: pydantic.AwareDatetime | None = None
    """Before this moment."""


class AuditQuery(AuditFilter):
    """Which entries, the newest first."""

    limit: pages.Limit = 100
    offset: pages.Offset = 0


class AuditEntry(pydantic.BaseModel):
    """Who did what to which object, when and from where."""

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    seq: int
    at: dt.datetime
    actor: str
    """Empty: nobody who is known."""
    via: str
    """How they had shown who they are."""
    action: str
    """The method and the route, or an operator's command."""
    object_kind: str
    object_id: str
    outcome: str
    """`begun`: it was about to be done; `done`, `refused`, `failed`, or `unanswered` (the caller had left)."""
    status: int | None
    """What was answered."""
    begun: int | None
    """The entry that announced what this one gives the outcome of."""
    address: str
    """Of the client."""
    request_id: str
    details: dict[str, Any]
    prev_hash: str
    hash: str
    """SHA-256 of all the other columns, in hexadecimal."""
