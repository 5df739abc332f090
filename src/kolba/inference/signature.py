"""A model's signature: which columns it reads, what their words mean, which classes it answers.

Only numbers enter a graph. Words become codes by the dictionary kept here, so that an unknown word can be named to
whoever sent it; a missing value becomes NaN, which the graph itself fills in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, cast

from kolba.inference import errors

Kind = Literal["numeric", "categorical", "image"]
NumberType = Literal["float32", "float64"]
Class = str | int | bool

VERSION = 1
MAX_SIDE = 1024


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input of a model."""

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    """Of a categorical column: the words; a word's place is its code."""
    boolean: bool = False
    """The words are `false` and `true`, and JSON's own false and true are accepted."""
    integer: bool = False
    """Only whole numbers stood in the training data."""
    example: float | None = None
    """A typical value: the median, or the code of the most frequent word."""
    required: bool = False
    """A missing value is refused instead of filled in."""
    shape: tuple[int, int] | None = None
    """Of an image column: height and width. Its pixels, row by row, are 0 (nothing) … 1 (ink)."""

    @property
    def width(self) -> int:
        """How many numbers of the array it is."""
        return self.shape[0] * self.shape[1] if self.shape else 1

    @property
    def takes_codes(self) -> bool:
        """Whether codes are accepted beside words: not where a word could be mistaken for one."""
        return not any(_is_number(word) for word in self.categories)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a model reads and answers. Rows become an array `[N, width]` of `number_type`."""

    columns: tuple[Column, ...]
    target: str
    classes: tuple[Class, ...]
    """As they stand in the training data; a class's place is its index in the graph's answer."""
    ignored: tuple[str, ...] = ()
    """Columns of the data set that the model does not use: accepted in rows, and passed over."""
    number_type: NumberType = "float32"
    rows_per_run: int = 65_536
    """How many rows go through the graph at once, so that memory stays bounded."""

    @property
    def width(self) -> int:
        """How many numbers a row is: an image column is many, any other is one."""
        return sum(column.width for column in self.columns)

    @property
    def reads_pictures(self) -> bool:
        return any(column.kind == "image" for column in self.columns)

    def to_json(self) -> dict[str, Any]:
        return {"version": VERSION, **dataclasses.asdict(self)}


def from_json(document: Mapping[str, Any]) -> Signature:
    """The signature kept as `document`. Raises `errors.BadBundle` when it is not one."""
    try:
        if document["version"] != VERSION:
            raise errors.BadBundle(reason=f"signature version {document['version']!r} is unknown")
        return Signature(
            columns=tuple(_column(one) for one in document["columns"]),
            target=str(document["target"]),
            classes=tuple(_class(one) for one in document["classes"]),
            ignored=tuple(str(one) for one in document["ignored"]),
            number_type=_one_of(document["number_type"], ("float32", "float64")),
            rows_per_run=max(1, int(document["rows_per_run"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.BadBundle(reason=f"the signature is not valid ({error!r})") from None


def _column(document: Mapping[str, Any]) -> Column:
    return Column(
        name=str(document["name"]),
        kind=_one_of(document["kind"], ("numeric", "categorical", "image")),
        categories=tuple(str(one) for one in document["categories"]),
        boolean=bool(document["boolean"]),
        integer=bool(document["integer"]),
        example=None if document["example"] is None else float(document["example"]),
        required=bool(document["required"]),
        shape=_shape(document["kind"], document.get("shape")),
    )


def _shape(kind: str, value: Any) -> tuple[int, int] | None:
    """Bundles made before there were images say nothing of it."""
    if (kind == "image") != (value is not None):
        raise ValueError("an image column, and no other, has a shape")
    if value is None:
        return None
    height, width = (int(one) for one in value)
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise ValueError(f"an image is at most {MAX_SIDE} pixels high and wide")
    return height, width


def _class(value: Any) -> Class:
    if not isinstance(value, str | int):
        raise TypeError(f"a class is a text, an integer or a boolean, not {value!r}")
    return value


def _one_of(value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {allowed}")
    return cast(str, value)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
