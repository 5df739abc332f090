"""Predictions: who asked what of which model, what it answered, at what price, when."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import pydantic

Protocol = Literal["plain", "v2", "mlflow"]
PredictionId = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A UUIDv7 without hyphens: unique, and sorted by time."""


class Prediction(pydantic.BaseModel):
    """One answered request, of one row or many."""

    id: PredictionId
    at: dt.datetime
    person: str
    model_id: int
    model: str
    version: str
    protocol: Protocol
    rows: int
    price: int = 0
    """In credits."""
    request_id: str
    duration_ms: float
    input: Any
    """The rows as they were sent; of a large request the first part, as text."""
    input_truncated: bool = False
    output: list[Any]
    """Of each row (the first hundred): the label and the probabilities in the order of the model's classes."""


class PredictionBatch(pydantic.BaseModel):
    """What the web master's outbox hands over. Predictions already known are passed over."""

    predictions: list[Prediction] = pydantic.Field(max_length=10_000)


class Accepted(pydantic.BaseModel):
    new: int
    known: int
