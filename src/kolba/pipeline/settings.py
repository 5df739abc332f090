"""What each of the three can be told."""

from __future__ import annotations

import socket

import pydantic

from kolba.kit import settings


class PipelineSettings(settings.ServiceSettings):
    instance: str | None = pydantic.Field(default=None, pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    """What this replica is called in logs, metrics and answers; None: its host's name."""
    deadline_seconds: float = pydantic.Field(default=5.0, gt=0, le=600)
    """How long an answer may take where the caller says nothing (`X-Deadline-Ms`)."""
    longest_deadline_seconds: float = pydantic.Field(default=60.0, gt=0, le=600)
    """No caller is given more."""

    @property
    def replica(self) -> str:
        return self.instance or socket.gethostname()[:64]


class UpstreamSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    urls: list[str] = pydantic.Field(min_length=1)
    """Where its replicas answer; a name that leads to several addresses is several replicas."""
    resolve_seconds: float = pydantic.Field(default=1.0, gt=0, le=3600)
    """How often names are looked up again, so that replicas which come and go are noticed."""
    attempt_seconds: float = pydantic.Field(default=2.0, gt=0, le=600)
    """A replica that says nothing for so long is given up, and another asked."""
