"""What a column of a data set is like, and whether a model can use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from kolba.contracts import reports

Kind = Literal["integer", "number", "boolean", "text", "datetime", "image", "other"]
_TOP = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, whole, with what is known of it."""

    name: str
    kind: Kind
    values: pa.Array
    """Plain (never dictionary-encoded). Not-a-number counts as missing. Of an image column nothing is kept."""
    counts: tuple[tuple[Any, int], ...]
    """Distinct values with their frequencies, most frequent first; at most `_MAX_COUNTED`."""
    distinct: int
    missing: int

    @property
    def rows(self) -> int:
        return len(self.values)


def look_at(name: str, chunks: pa.ChunkedArray) -> Column:
    """Count the values of a column of a table. Images are not looked at here."""
    if is_image(chunks.type):
        return _of_images(name, chunks)
    values = _plain(chunks)
    present = values.drop_null()
    counted = (
        pc.value_counts(present) if len(present) and not types.is_nested(values.type) else None
    )
    return Column(
        name=name,
        kind=_kind(values.type),
        values=values,
        counts=() if counted is None else _most_frequent(counted),
        distinct=0 if counted is None else len(counted),
        missing=values.null_count,
    )


def numbers(column: Column, number_type: str) -> npt.NDArray[Any]:
    """A numeric column as an array, NaN where a value is missing."""
    doubles = column.values.cast(pa.float64(), safe=False)
    found: npt.NDArray[Any] = doubles.to_numpy(zero_copy_only=False).astype(number_type)
    return found


def words(column: Column) -> list[str]:
    """The distinct words of a text or boolean column, in alphabetical order."""
    return sorted(_word(value) for value, _ in column.counts)


def codes(column: Column, categories: Sequence[str], number_type: str) -> npt.NDArray[Any]:
    """Each value's place in `categories`, NaN where it is missing."""
    text = _as_words(column)
    places = pc.index_in(text, value_set=pa.array(categories, pa.string()))
    found: npt.NDArray[Any] = (
        places.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(number_type)
    )
    return found


def describe(column: Column) -> reports.ColumnPart:
    """The column as the report shows it."""
    common: dict[str, Any] = {
        "name": column.name,
        "missing": column.missing,
        "distinct": None if column.kind == "image" else column.distinct,
    }
    if column.kind in ("integer", "number") and column.missing < column.rows:
        return reports.ColumnPart(
            **common, kind=column.kind, **_figures(numbers(column, "float64"))
        )
    top = tuple(
        reports.ValueCount(value=_word(value)[:200], count=count)
        for value, count in column.counts[:_TOP]
    )
    return reports.ColumnPart(**common, kind=column.kind, top=top)


def drop_reason(column: Column, *, max_categories: int, chosen: bool) -> str | None:
    """Why a model cannot use the column; None when it can. `chosen`: a person named it, so that an identifier is
    taken at their word."""
    if column.missing == column.rows:
        return "empty"
    if column.kind in ("datetime", "image", "other"):
        return column.kind
    if column.distinct == 1 and column.missing == 0:
        return "constant"
    if column.kind == "integer" and column.distinct == column.rows and not chosen:
        return "identifier"
    if column.kind == "text" and column.distinct > max_categories:
        return "free_text"
    return None


def is_image(kind: pa.DataType) -> bool:
    """Whether its values are image files: bytes, or Hugging Face's structure with a field `bytes`."""
    if types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and is_image(kind.field("bytes").type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def _of_images(name: str, chunks: pa.ChunkedArray) -> Column:
    return Column(
        name=name,
        kind="image",
        values=pa.nulls(len(chunks)),
        counts=(),
        distinct=0,
        missing=chunks.null_count,
    )


def _plain(chunks: pa.ChunkedArray) -> pa.Array:
    if types.is_dictionary(chunks.type):
        chunks = chunks.cast(chunks.type.value_type)
    if types.is_floating(chunks.type):
        chunks = pc.if_else(pc.is_nan(chunks), None, chunks)
    whole = chunks.combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _kind(kind: pa.DataType) -> Kind:
    if types.is_boolean(kind):
        return "boolean"
    if types.is_integer(kind):
        return "integer"
    if types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_string(kind) or types.is_large_string(kind):
        return "text"
    return "datetime" if types.is_temporal(kind) else "other"


def _most_frequent(counted: pa.StructArray) -> tuple[tuple[Any, int], ...]:
    frequencies = counted.field("counts").to_numpy()
    order = np.argsort(-frequencies, kind="stable")[:1000]
    values = counted.field("values").take(pa.array(order)).to_pylist()
    ranked = zip(values, frequencies[order].tolist(), strict=True)
    return tuple(sorted(ranked, key=lambda pair: (-pair[1], str(pair[0]))))


def _as_words(column: Column) -> pa.Array:
    if column.kind == "boolean":
        return pc.if_else(column.values, "true", "false")
    return column.values.cast(pa.string())


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _figures(values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    present = values[np.isfinite(values)]
    if len(present) == 0:
        return {}
    return {
        "minimum": float(present.min()),
        "maximum": float(present.max()),
        "mean": float(present.mean()),
        "median": float(np.median(present)),
        "standard_deviation": float(present.std(ddof=1)) if len(present) > 1 else None,
    }
