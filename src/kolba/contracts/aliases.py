"""Aliases: names such as `production` that point to a version of a model, and move."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic

PRODUCTION = "production"
AliasName = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


Version = Annotated[
    str, pydantic.StringConstraints(min_length=1, max_length=96, pattern=r"^[^\x00]*$")
]


Reason = Annotated[str, pydantic.StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class Alias(pydantic.BaseModel):
    model: str
    alias: str
    model_id: int
    version: str
    moved_at: dt.datetime
    moved_by: str


class AliasMove(pydantic.BaseModel):
    """Points the alias to a version: by its id, or by its name."""

    model_config = pydantic.ConfigDict(extra="forbid")

    model_id: Annotated[int, pydantic.Field(ge=1, lt=2**63)] | None = None
    version: Version | None = None
    expected_model_id: Annotated[int, pydantic.Field(ge=0, lt=2**63)] | None = None
    """Move it only if it points to this version now (0: to none), else 409 `alias-moved`. Where it has arrived already,
    nothing is left to do, whatever is expected."""
    reason: Reason = ""
    """Why, for the history."""
    by: Annotated[str, pydantic.StringConstraints(min_length=1, max_length=255)] | None = None
    """Whose move it is: whoever asks; only a service may name another."""


class AliasChange(pydantic.BaseModel):
    """One move, as the alias's history keeps it."""

    id: int
    at: dt.datetime
    person: str
    from_model_id: int | None
    from_version: str | None
    to_model_id: int | None
    """None: the alias was taken away."""
    to_version: str | None
    rollback: bool
    reason: str = ""
