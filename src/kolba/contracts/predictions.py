"""Predictions: who asked what of which model, what it answered, at what price, when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

Protocol = Literal["plain", "v2", "mlflow"]
PredictionId = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A UUIDv7 without hyphens: unique, and sorted by time."""
_WITHOUT_NUL = r"^[^\x00]*$"
Person = Annotated[str, pydantic.StringConstraints(max_length=255, pattern=_WITHOUT_NUL)]
ModelName = Annotated[str, pydantic.StringConstraints(max_length=128, pattern=_WITHOUT_NUL)]
Version = Annotated[str, pydantic.StringConstraints(max_length=96, pattern=_WITHOUT_NUL)]
ImageId = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of an image's file."""
RequestId = Annotated[str, pydantic.StringConstraints(max_length=128, pattern=_WITHOUT_NUL)]
Number = Annotated[int, pydantic.Field(ge=0, lt=2**63)]
MAX_BATCH = 10_000
MAX_PICTURES = 16
MAX_PICTURE_BYTES = 64 << 10


class Prediction(pydantic.BaseModel):
    """One answered request, of one row or many."""

    id: PredictionId
    at: pydantic.AwareDatetime
    """When it was asked; the id was made within a second of it, for a time is looked up by ids."""
    person: Person
    model_id: Number
    model: ModelName
    version: Version
    protocol: Protocol
    rows: Number
    price: Number = 0
    """In credits."""
    request_id: RequestId
    duration_ms: Annotated[float, pydantic.Field(allow_inf_nan=False)]
    input: Any
    """The rows as they were sent; of a large request the first part, as text."""
    input_truncated: bool = False
    images: list[ImageId] = []
    """The pictures that were asked about, as storage keeps them; one that was deleted is not among them any more."""
    output: list[Any]
    """Of each row (the first hundred): the label and the probabilities in the order of the model's classes."""


class RecordedPrediction(Prediction):
    """With the pictures themselves: storage keeps them as images of the person's."""

    pictures: list[str] = []
    """In base64, PNG or JPEG, those of `images` in their order: at most `MAX_PICTURES` of `MAX_PICTURE_BYTES` each.
    What is not that, or has not the hash that `images` says, is left out; the prediction is kept all the same."""


class PredictionBatch(pydantic.BaseModel):
    """What the web master's outbox hands over. Predictions already known are passed over."""

    predictions: list[RecordedPrediction] = pydantic.Field(max_length=MAX_BATCH)


class Accepted(pydantic.BaseModel):
    new: int
    known: int


class PredictionPage(pydantic.BaseModel):
    """A part of the history, the newest first."""

    items: list[Prediction]
    next: PredictionId | None
    """Give it as `before` for the page of older ones; None: there are none."""
    total: int | None = None
    """How many pass the filter; counted only when `count=true` asks for it."""
