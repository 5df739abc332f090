"""What postprocess can be told."""

from __future__ import annotations

from typing import ClassVar

from kolba.pipeline import settings


class PostprocessSettings(settings.PipelineSettings):
    service: ClassVar[str] = "postprocess"
    package: ClassVar[str | None] = "kolba.pipeline.postprocess"

    preprocess: settings.UpstreamSettings
    """Whom to ask."""
