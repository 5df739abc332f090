"""Scenarios: what a person can do through the web master, and the history of what they did."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

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


class TrainingStarted(pydantic.BaseModel):
    run_id: int
    state: str
    progress: str
    """Where to follow it: a stream of server-sent events."""
    run: str
    report: str | None = None


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
