"""What the visualization service can be told."""

import typing

import pydantic

from kolba.kit import settings


class RenderingSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    threads: int = pydantic.Field(ge=1, le=64)
    """How many reports are rendered at the same time."""
    timeout_seconds: float = pydantic.Field(gt=0)
    """How long one report may take, waiting for a thread included."""


class FrontPageSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    timeout_seconds: float = pydantic.Field(gt=0)
    """How long the page waits for each answer of the web master before it does without."""
    models: int = pydantic.Field(ge=1, le=1000)
    """How many of the latest models are listed."""
    datasets: int = pydantic.Field(ge=1, le=1000)
    """How many of the latest data sets are listed."""
    history: int = pydantic.Field(ge=1, le=1000)
    """How many of the latest scenario runs are listed."""


class VisualizationSettings(settings.ServiceSettings):
    service: typing.ClassVar[str] = "visualization"

    web_master_url: pydantic.HttpUrl
    """Where this service reaches the web master."""
    web_master_public_url: pydantic.HttpUrl | None = None
    """Where a person's browser reaches the web master; None: on the host the page was asked from, at
    the port of `web_master_url`."""
    max_upload_bytes: int = pydantic.Field(ge=1000)
    """How large a body may be that goes to the web master by way of `/api`."""
    rendering: RenderingSettings
    """Bounds on the rendering of reports."""
    front_page: FrontPageSettings
    """The page without scripts."""
