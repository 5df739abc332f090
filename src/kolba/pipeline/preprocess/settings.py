"""What preprocess can be told."""

from __future__ import annotations

import pathlib
from typing import ClassVar, Literal

import pydantic

from kolba.pipeline import settings


class PreprocessSettings(settings.PipelineSettings):
    service: ClassVar[str] = "preprocess"
    package: ClassVar[str | None] = "kolba.pipeline.preprocess"

    model: settings.UpstreamSettings
    """Whom to ask."""
    transport: Literal["http", "volume"] = "http"
    """How a tensor reaches model: in the request (`http`), or in a file of a shared volume (`volume`)."""
    exchange_dir: pathlib.Path
    """The shared volume's folder."""
    orphan_seconds: float = pydantic.Field(default=120.0, ge=1)
    """Tensors older than this are swept away: whoever left them was killed."""
    large_images_at_once: int = pydantic.Field(default=2, ge=1, le=64)
    """So many large images are decoded at once, aside; small ones are decoded in place."""
    max_waiting: int = pydantic.Field(default=64, ge=1)
    """The most large images at once, those that are being decoded included; beyond it callers are told to come back."""
    preload: bool = False
    """Whether the libraries are loaded at the start (as in a container), or with the first image."""
