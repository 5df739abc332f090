"""Scenarios: what a person can do through the web master, and the history of what they did."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Self

import pydantic

from kolba.contracts import datasets, names


class Scenario(pydantic.BaseModel):
    name: str
    title: str
    description: str
    method: Literal["GET", "POST"]
    path: str
    groups: list[str]
    """Who may run it."""
    input_schema: dict[str, Any]
    """JSON Schema of the body (POST) or of the path and query parameters (GET)."""


class ScenarioList(pydantic.BaseModel):
    items: list[Scenario]


class CollectAndStore(pydantic.BaseModel):
    """Collects a whole source, in parts of `batch_size` rows, into one new version of a data set."""

    model_config = pydantic.ConfigDict(extra="forbid")

    batch_size: int = pydantic.Field(default=100, ge=1, le=100_000)
    source: names.Name | None = None
    """Where absent, the collector's default."""
    limit: int | None = pydantic.Field(default=None, ge=1)
    """At most so many rows."""
    name: names.Name | None = None
    """The data set's name; where absent, the source's."""


class Collected(pydantic.BaseModel):
    dataset: datasets.Dataset
    dataset_id: int
    batches: int
    rows: int


class TrainDigits(pydantic.BaseModel):
    """Trains a model that reads handwritten digits; what is absent is what one would choose."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    dataset_id: int | None = None
    """A data set with a column of images; where absent, the source of digits, collected where it is not yet."""
    limit: int | None = pydantic.Field(default=None, ge=100)
    """Of the source, at most so many images."""
    model_type: str = "CNN"
    """The family's name."""
    hyperparameters: dict[str, Any] = {}
    name: names.Name | None = None
    """The model's name; where absent, `digits`."""
    seed: int = pydantic.Field(default=42, ge=0, le=2**32 - 1)

    @pydantic.model_validator(mode="after")
    def _choose_one(self) -> Self:
        if self.dataset_id is not None and self.limit is not None:
            raise ValueError("`limit` is of the source; with a `dataset_id`, leave it out")
        return self


class FineTune(pydantic.BaseModel):
    """Goes on training the digits' model on what people contributed; what is absent is what one would choose."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    model_id: int | None = None
    """The parent; where absent, the `production` of `digits`."""
    dataset_id: int | None = None
    """The new data; where absent, all that was contributed, collected into a new version of `user-data`."""
    hyperparameters: dict[str, Any] = {}
    """Of fine-tuning: `epochs`, `learning_rate`, `batch_size`, `replay`."""
    seed: int = pydantic.Field(default=42, ge=0, le=2**32 - 1)
    promote: bool = True
    """Move `production` from the parent to the new version, if the gate finds it not worse."""


class TrainingStarted(pydantic.BaseModel):
    run_id: int
    state: str
    progress: str
    """Where to follow it: a stream of server-sent events."""
    run: str
    report: str | None = None
    dataset_id: int | None = None
    """What it learns from, where the scenario chose or collected it."""
    model_id: int | None = None
    """The parent, of a fine-tuning."""


class HistoryEntry(pydantic.BaseModel):
    """One scenario run."""

    id: int
    scenario: str
    person: str
    started_at: dt.datetime
    duration_ms: float | None
    """From the request to its outcome; None while it is still going on."""
    inputs: dict[str, Any]
    outcome: Literal["running", "succeeded", "failed", "cancelled"]
    result: dict[str, Any]
    """What it left: dataset_id, run_id, model_id, a few figures; or the problem."""
    run_id: int | None
    request_id: str
