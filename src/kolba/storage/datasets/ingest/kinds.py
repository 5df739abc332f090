"""The five column types of the house, in Arrow's terms."""

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
    return "text"


def is_text(arrow_type: pa.DataType) -> bool:
    """Whether it is text, in a dictionary or not."""
    is_coded = pa.types.is_dictionary(arrow_type)
    plain = arrow_type.value_type if is_coded else arrow_type
    return any(is_of_kind(plain) for is_of_kind, kept in _KEPT if kept == TEXT)


def kept_type(column: str, arrow_type: pa.DataType) -> pa.DataType:
    """The type in which a column given in Arrow or Parquet is kept. Raises `UnsupportedColumnType`."""
    types = pa.types
    if types.is_dictionary(arrow_type):
        return kept_type(column, arrow_type.value_type)
    if types.is_timestamp(arrow_type):
        return pa.timestamp("us", arrow_type.tz)
    for is_of_kind, kept in _KEPT:
        if is_of_kind(arrow_type):
            return kept
    raise errors.UnsupportedColumnType(column=column, type=str(arrow_type))
