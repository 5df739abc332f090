"""Files: named blobs (bundles, reports, what people attach)."""

from __future__ import annotations

import datetime as dt

import pydantic

from kolba.contracts import names


class File(pydantic.BaseModel):
    id: int
    name: names.Name
    media_type: str
    size_bytes: int
    sha256: str
    owner: str
    created_at: dt.datetime


class FileChange(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    name: names.Name
