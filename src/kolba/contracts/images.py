"""Images: what people show to a model, kept by their hash."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pydantic

from kolba.contracts import predictions

MediaType = Literal["image/png", "image/jpeg"]


class Image(pydantic.BaseModel):
    """Its owner's and nobody else's business. Two people who send the same file have an image of one `id` each."""

    id: predictions.ImageId
    """The SHA-256 of the file."""
    media_type: MediaType
    width: int
    height: int
    """In pixels, as the file says."""
    size_bytes: int
    owner: str
    created_at: dt.datetime
