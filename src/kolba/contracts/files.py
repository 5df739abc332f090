"""Files: named blobs (bundles, reports, what people attach)."""

from __future__ import annotations

import datetime as dt

import pydantic

from kolba.contracts import names, sharing


class File(pydantic.BaseModel):
    id: int
    name: names.Name
    media_type: str
    size_bytes: int
    sha256: str
    owner: str
    shared_with: str | None = None
    """The group whose members may see and use it too; None: only its owner and admins."""
    created_at: dt.datetime


class FileChange(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    name: names.Name | None = None
    shared_with: sharing.Group | None = None
    """A group, or null for nobody else."""
