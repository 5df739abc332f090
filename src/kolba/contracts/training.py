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
    tasks: list[Literal["classification", "image-classification"]]
    """Of a table's rows, or of a table's images."""
    hyperparameters: dict[str, Any]
    """JSON Schema (2020-12) of what may be set: types, ranges, defaults, descriptions."""
    fine_tuning: dict[str, Any] | None = None
    """The same for training on from a version's weights; None: that is not possible."""


class FamilyList(pydantic.BaseModel):
    items: list[Family]


class TrainRequest(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    dataset_id: int
    model_type: str
    """A family's name: `LogisticRegression`, `RandomForest`, `KNN`, `CNN`."""
    hyperparameters: dict[str, Any] = {}
    target: str | None = None
    """The column to predict; where absent, the one the data set declares."""
    features: list[str] | None = pydantic.Field(default=None, min_length=1)
    """Only these columns; where absent, all that are fit to learn from."""
    name: names.Name | None = None
    """The model's name; where absent, the data set's."""
    if_taken: names.IfTaken | None = None
    """Where the name is another's: `refuse`, or take one like it (`rename`). None: refuse a name that was given."""
    promote_first: bool = False
    """Put the version into `production`, where none of its name is there yet."""
    seed: int = pydantic.Field(default=42, ge=0, le=2**32 - 1)
    test_size: float = pydantic.Field(default=0.2, ge=0.05, le=0.5)
    cross_validation_folds: int = pydantic.Field(default=5, ge=0, le=20)
    """0 or 1: none."""


class FineTuneRequest(pydantic.BaseModel):
    """Goes on training a model from its weights on new data, mixed with old, and asks the gate about the result."""

    model_config = pydantic.ConfigDict(extra="forbid")

    model_id: int
    """The parent: a version whose bundle has weights."""
    dataset_id: int
    """The new data: an image column and the parent's target."""
    hyperparameters: dict[str, Any] = {}
    """The family's own for fine-tuning: `epochs`, `learning_rate`, `batch_size`, `replay`."""
    name: names.Name | None = None
    """The new version's model; where absent, the parent's, or one like it where that is another's."""
    seed: int = pydantic.Field(default=42, ge=0, le=2**32 - 1)
    promote: bool = True
    """Move `production` from the parent to the new version, if the gate finds it not worse."""


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
