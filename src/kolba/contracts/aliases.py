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
