"""The column types of the house, in Arrow's terms."""

from __future__ import annotations

import pyarrow as pa

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import errors

INTEGER = pa.int64()
NUMBER = pa.float64()
BOOLEAN = pa.bool_()
DATE = pa.date32()
MOMENT = pa.timestamp("us")
TEXT = pa.string()
IMAGE = pa.binary()
WRAPPED_CONTENT, WRAPPED_PATH = "bytes", "path"


_KEPT = (
    (pa.types.is_integer, INTEGER),
    (pa.types.is_floating, NUMBER),
    (pa.types.is_decimal, NUMBER),
    (pa.types.is_null, NUMBER),
    (pa.types.is_boolean, BOOLEAN),
    (pa.types.is_date, DATE),
    (pa.types.is_string, TEXT),
    (pa.types.is_large_string, TEXT),
    (pa.types.is_string_view, TEXT),
    (pa.types.is_binary, IMAGE),
    (pa.types.is_large_binary, IMAGE),
    (pa.types.is_binary_view, IMAGE),
)


def kind_of(arrow_type: pa.DataType) -> datasets.ColumnType:
    """The house's word for one of the Arrow types that are kept."""
    if pa.types.is_integer(arrow_type):
        return "integer"
    if pa.types.is_floating(arrow_type):
        return "number"
    if pa.types.is_boolean(arrow_type):
        return "boolean"
    if pa.types.is_date(arrow_type) or pa.types.is_timestamp(arrow_type):
        return "datetime"
    if pa.types.is_binary(arrow_type):
        return "image"
    return "text"


def is_text(arrow_type: pa.DataType) -> bool:
    """Whether it is text, in a dictionary or not."""
    return _is_kept_as(arrow_type, TEXT)


def is_image(arrow_type: pa.DataType) -> bool:
    """Whether it is binary, in a dictionary or not."""
    return _is_kept_as(arrow_type, IMAGE)


def is_wrapped_image(arrow_type: pa.DataType) -> bool:
    """Whether it is a struct of a file and its path."""
    if not pa.types.is_struct(arrow_type) or arrow_type.num_fields != 2:
        return False
    parts = {field.name: field.type for field in arrow_type}
    if set(parts) != {WRAPPED_CONTENT, WRAPPED_PATH}:
        return False
    return is_image(parts[WRAPPED_CONTENT]) and is_text(parts[WRAPPED_PATH])


def _is_kept_as(arrow_type: pa.DataType, wanted: pa.DataType) -> bool:
    is_coded = pa.types.is_dictionary(arrow_type)
    plain = arrow_type.value_type if is_coded else arrow_type
    return any(is_of_kind(plain) for is_of_kind, kept in _KEPT if kept == wanted)


def kept_type(column: str, arrow_type: pa.DataType) -> pa.DataType:
    """The type in which a column given in Arrow or Parquet is kept. Raises `UnsupportedColumnType`."""
    types = pa.types
    if types.is_dictionary(arrow_type):
        return kept_type(column, arrow_type.value_type)
    if types.is_timestamp(arrow_type):
        return pa.timestamp("us", arrow_type.tz)
    if is_wrapped_image(arrow_type):
        return IMAGE
    for is_of_kind, kept in _KEPT:
        if is_of_kind(arrow_type):
            return kept
    raise errors.UnsupportedColumnType(column=column, type=str(arrow_type))
