"""What the ML service can be told."""

from __future__ import annotations

from typing import ClassVar

import pydantic

from kolba.kit import settings


class TrainingSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    target_names: list[str]
    """Columns that are taken for the target where neither the request nor the data set names one; the first wins."""
    max_categories: int = pydantic.Field(ge=2)
    """A text column with more distinct words is free text, and no feature."""
    max_classes: int = pydantic.Field(ge=2)
    """A target may have at most so many distinct values."""
    codings: dict[str, list[str]]
    """Lists of words whose order gives the codes of a column that has exactly these words. The keys are only names."""
    importance_repeats: int = pydantic.Field(default=5, ge=1, le=100)
    """How often each column is shuffled to measure its importance."""
    importance_rows: int = pydantic.Field(default=2000, ge=10)
    """Importance is measured on at most so many held-out rows."""
    gate_significance: float = pydantic.Field(default=0.05, gt=0, lt=1)
    """A fine-tuned version takes over unless it is worse than its parent at this significance (McNemar, one-sided)."""
    gate_least_images: int = pydantic.Field(default=100, ge=1)
    """On fewer held-out images nothing could be told, and none takes over."""


class ServingSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    max_models: int = pydantic.Field(ge=1)
    """At most so many models are kept loaded; the least recently used goes first."""
    max_bytes: int = pydantic.Field(ge=1_000_000)
    """The loaded models' bundles together are at most so large; a single larger one is refused."""
    max_rows: int = pydantic.Field(ge=1)
    """At most so many rows in one request."""
    revalidate_seconds: float = pydantic.Field(ge=0)
    """After so long a loaded model is looked up again, so that a deleted one stops answering."""
    default_model: str | None = None
    """Which model answers `POST /invocations`: a name, `name@alias` or `name@version`; null: the only one there is."""
    digits_model: str = "digits"
    """Which model answers `POST /predict`, where none is named: a name, `name@alias` or `name@version`."""


class ProgressSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    ping_seconds: float = pydantic.Field(gt=0, le=30)
    """A quiet stream says at least this often that it is alive."""


class MlServiceSettings(settings.ServiceSettings):
    service: ClassVar[str] = "ml_service"

    storage_url: str
    """Where storage answers."""
    training: TrainingSettings
    """How data sets are judged."""
    serving: ServingSettings
    """Limits of what is kept loaded and answered."""
    progress: ProgressSettings
    """How a run's progress is streamed."""
