"""What a family of models is. Another distribution adds one under the entry point group `kolba.families`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import pydantic

from kolba.inference import signature
from kolba.kit import text

Task = Literal["classification", "image-classification"]
GROUP = "kolba.families"


class Hyperparameters(pydantic.BaseModel):
    """Base of a family's hyperparameters: nothing unknown, and no text where a number is meant."""

    model_config = pydantic.ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False
    )


class Family(Protocol):
    """One kind of model, described without its library."""

    @property
    def name(self) -> str:
        """As in `model_type` and in versions: letters and digits."""
        ...

    @property
    def title(self) -> text.Text: ...

    @property
    def description(self) -> text.Text: ...

    @property
    def tasks(self) -> tuple[Task, ...]:
        """`classification` of a table's rows, `image-classification` of a table of images."""
        ...

    @property
    def hyperparameters(self) -> type[pydantic.BaseModel]: ...

    @property
    def number_type(self) -> signature.NumberType:
        """Of the array the graph reads: float64 where distances are compared, float32 elsewhere."""
        ...

    @property
    def builder(self) -> str:
        """`module:function` that makes the estimator for tables; imported only in the worker. See `Builder`."""
        ...

    @property
    def image_learner(self) -> str:
        """`module:function` that learns from images; imported only in a run. See `training.images.learning.Learner`."""
        ...

    @property
    def image_defaults(self) -> Mapping[str, Any]:
        """Defaults of hyperparameters that are others on images."""
        ...

    @property
    def fine_tuner(self) -> str:
        """`module:function` that trains on from a version's weights; imported only in a run. Empty: nothing does. See
        `training.finetuning.learning.Tuner`."""
        ...

    @property
    def fine_tuning(self) -> type[pydantic.BaseModel] | None:
        """The hyperparameters of that."""
        ...

    def least_rows(self, hyperparameters: Mapping[str, Any]) -> int:
        """How many training rows these hyperparameters need."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of the array, in order."""

    categories: tuple[int, ...]
    """For each column the number of categories; 0 for a numeric column."""

    @property
    def numeric(self) -> list[int]:
        return [index for index, count in enumerate(self.categories) if count == 0]

    @property
    def categorical(self) -> list[int]:
        return [index for index, count in enumerate(self.categories) if count]


Builder = Callable[[Mapping[str, Any], Layout, int], Any]
"""(hyperparameters, layout, seed) → an unfitted scikit-learn classifier or pipeline that reads `[N, F]` with NaN for
missing values and codes for categories, and that skl2onnx can convert."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DescribedFamily:
    """A `Family` told by its values."""

    name: str
    title: text.Text
    description: text.Text
    hyperparameters: type[pydantic.BaseModel]
    builder: str = ""
    number_type: signature.NumberType = "float32"
    tasks: tuple[Task, ...] = ("classification",)
    image_learner: str = ""
    image_defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    fine_tuner: str = ""
    fine_tuning: type[pydantic.BaseModel] | None = None
    rows_needed: Callable[[Mapping[str, Any]], int] = lambda _: 1

    def least_rows(self, hyperparameters: Mapping[str, Any]) -> int:
        return self.rows_needed(hyperparameters)


def described(en: str, ru: str, **limits: Any) -> Any:
    """A hyperparameter's field: what it does in both languages, its default and its range."""
    return pydantic.Field(description=en, json_schema_extra={"x-description-ru": ru}, **limits)


def schema(family: Family, language: text.Language) -> dict[str, Any]:
    """JSON Schema (2020-12) of the family's hyperparameters, described in `language`."""
    return schema_of(family.hyperparameters, language)


def schema_of(hyperparameters: type[pydantic.BaseModel], language: text.Language) -> dict[str, Any]:
    """JSON Schema (2020-12) of some hyperparameters, described in `language`."""
    document = hyperparameters.model_json_schema()
    for field in document.get("properties", {}).values():
        russian = field.pop("x-description-ru", None)
        if language == "ru" and russian:
            field["description"] = russian
    return document
