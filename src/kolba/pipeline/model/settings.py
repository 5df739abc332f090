"""What model can be told."""

from __future__ import annotations

import pathlib
from typing import ClassVar

import pydantic

from kolba.pipeline import settings


class ModelSettings(settings.PipelineSettings):
    service: ClassVar[str] = "model"
    package: ClassVar[str | None] = "kolba.pipeline.model"

    storage_url: str
    """Where storage answers."""
    model: str = pydantic.Field(min_length=1, max_length=128)
    """The name of the model that answers."""
    alias: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    """Which of its versions: the one that this alias means."""
    fresh_seconds: float = pydantic.Field(default=2.0, ge=0, le=3600)
    """While images come, storage is asked so often whether the alias has moved."""
    idle_seconds: float = pydantic.Field(default=60.0, gt=0, le=86_400)
    """And so often while none do."""
    max_bundle_bytes: int = pydantic.Field(ge=1_000_000)
    """A larger bundle is refused."""
    exchange_dir: pathlib.Path | None
    """The shared volume's folder, where preprocess leaves tensors; None: they come over HTTP only."""
    max_batch: int = pydantic.Field(ge=1, le=1024)
    """At most so many images share one run of the model."""
    max_waiting: int = pydantic.Field(ge=1)
    """When so many images wait, more are refused."""
    max_images: int = pydantic.Field(ge=1)
    """At most so many images in one request."""
    preload: bool = False
    """Whether the libraries are loaded at the start (as in a container), or with the first model."""
