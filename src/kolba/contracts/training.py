"""What is asked of the ML service, and what it answers."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from kolba.contracts import names


class Family(pydantic.BaseModel):
    """A kind of model that can be trained."""

    name: str
    title: str
    description: str
    task: Literal["classification"]
    hyperparameters: dict[str, Any]
    """JSON Schema (2020-12) of what may be set: types, ranges, defaults, descriptions."""


class FamilyList(pydantic.BaseModel):
    items: list[Family]


class TrainRequest(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    dataset_id: int
    model_type: str
    """A family's name: `LogisticRegression`, `RandomForest`, `KNN`."""
    hyperparameters: dict[str, Any] = {}
    target: str | None = None
    """The column to predict; where absent, the one the data set declares."""
    features: list[str] | None = pydantic.Field(default=None, min_length=1)
    """Only these columns; where absent, all that are fit to learn from."""
    name: names.Name | None = None
    """The model's name; where absent, the data set's."""
    seed: int = pydantic.Field(default=42, ge=0, le=2**32 - 1)
    test_size: float = pydantic.Field(default=0.2, ge=0.05, le=0.5)
    cross_validation_folds: int = pydantic.Field(default=5, ge=0, le=20)
    """0 or 1: none."""


class InferRequest(pydantic.BaseModel):
    """Rows to answer: `data` is CSV text with a header, or a list of objects, or one object."""

    model_config = pydantic.ConfigDict(extra="forbid")

    model_id: int
    data: str | list[dict[str, Any]] | dict[str, Any]


class InferredRow(pydantic.BaseModel):
    label: str | int | bool
    """The class as it stands in the training data."""
    probabilities: dict[str, float]


class InferResponse(pydantic.BaseModel):
    model_id: int
    model: str
    version: str
    predictions: list[InferredRow]
