"""Tensors of the Open Inference Protocol: their datatypes, shapes and data, as JSON and as bytes.

A tensor becomes a flat list of plain values, row-major, with None for what is missing: null in JSON, NaN and an empty
text in bytes. Nothing is allocated by a shape before the data has been found to be of that size.
"""

from __future__ import annotations

import dataclasses
import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kolba.inference.protocols import errors

_MAX_RANK = 8
_LENGTH = struct.Struct("<I")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Datatype:
    name: str
    kind: Literal["boolean", "integer", "real", "text"]
    stored: np.dtype[Any]
    """How an element lies in bytes, little-endian; of texts, nothing."""
    low: float = 0
    high: float = 0
    """The smallest and largest number, both included."""
    in_json: frozenset[type] = frozenset()
    """What an element may be in JSON."""


def _integer(name: str, code: str) -> Datatype:
    limits = np.iinfo(code)
    return Datatype(
        name=name,
        kind="integer",
        stored=np.dtype(code),
        low=int(limits.min),
        high=int(limits.max),
        in_json=frozenset({int, type(None)}),
    )


def _real(name: str, code: str) -> Datatype:
    largest = float(np.finfo(code).max)
    return Datatype(
        name=name,
        kind="real",
        stored=np.dtype(code),
        low=-largest,
        high=largest,
        in_json=frozenset({int, float, type(None)}),
    )


DATATYPES = {
    one.name: one
    for one in (
        Datatype(
            name="BOOL",
            kind="boolean",
            stored=np.dtype("u1"),
            high=1,
            in_json=frozenset({bool, type(None)}),
        ),
        *(_integer(f"UINT{8 * size}", f"<u{size}") for size in (1, 2, 4, 8)),
        *(_integer(f"INT{8 * size}", f"<i{size}") for size in (1, 2, 4, 8)),
        *(_real(f"FP{8 * size}", f"<f{size}") for size in (2, 4, 8)),
        Datatype(
            name="BYTES",
            kind="text",
            stored=np.dtype("V0"),
            in_json=frozenset({str, type(None)}),
        ),
    )
}


def datatype(name: Any, field: str) -> Datatype:
    """Raises `InvalidQuery` for a name that is none."""
    found = DATATYPES.get(name) if type(name) is str else None
    if found is None:
        raise errors.refusal(
            f"{field}.datatype",
            "must be one of {known}",
            "должно быть одним из: {known}",
            known=", ".join(DATATYPES),
        )
    return found


def shape(found: Any, field: str) -> tuple[int, ...]:
    """A shape of at least one element. Raises `InvalidQuery`."""
    if type(found) is not list or not 0 < len(found) <= _MAX_RANK:
        raise _wrong_shape(field)
    for size in found:
        if type(size) is not int or size < 1:
            raise _wrong_shape(field)
    return tuple(found)


def from_json(data: Any, size: Sequence[int], kind: Datatype, field: str) -> list[Any]:
    """The elements of `data`, nested as `size` says or flat. Raises `InvalidQuery`."""
    count = 1
    for length in size:
        count *= length
    if type(data) is not list:
        raise _wrong_data(field, count)
    flat = _flattened(data, size, field) if data and type(data[0]) is list else data
    if len(flat) != count:
        raise _wrong_data(field, count, len(flat))
    if not kind.in_json.issuperset(map(type, flat)):
        raise _wrong_element(flat, kind, field)
    if kind.kind == "integer":
        _check_range(flat, kind, field)
    return flat


def rounded(values: list[Any], kind: Datatype, field: str) -> list[Any]:
    """Real numbers as `kind` holds them. Raises `InvalidQuery` where one is too large for it."""
    _check_range(values, kind, field)
    with np.errstate(over="ignore"):  # what rounds up to infinity is met below
        held = np.array(values, np.float64).astype(kind.stored)
    if np.isinf(held).any():
        raise _wrong_element(values, kind, field)
    return without_nan(held)


def from_bytes(
    content: memoryview, count: int, kind: Datatype, field: str
) -> npt.NDArray[Any] | list[Any]:
    """`count` elements of `content`: numbers as an array (missing: NaN), others as a list. Raises `InvalidQuery`."""
    if kind.kind == "text":
        return _texts(content, count, field)
    if len(content) != count * kind.stored.itemsize:
        raise errors.refusal(
            f"{field}.parameters.binary_data_size",
            "{datatype} of this shape takes {needed} bytes, not {found}",
            "{datatype} такой формы занимает байт: {needed}, а не {found}",
            datatype=kind.name,
            needed=count * kind.stored.itemsize,
            found=len(content),
        )
    found = np.frombuffer(content, kind.stored)
    if kind.kind != "boolean":
        return found
    if found.max() > 1:
        raise errors.refusal(
            f"{field}.data",
            "a BOOL is one byte, 0 or 1",
            "BOOL: один байт, 0 или 1",
        )
    values: list[Any] = found.astype(bool).tolist()
    return values


def without_nan(numbers: npt.NDArray[Any]) -> list[Any]:
    """The elements as plain numbers, with None for NaN."""
    return [None if number != number else number for number in numbers.tolist()]  # noqa: PLR0124


def texts_to_bytes(texts: Iterable[bytes]) -> bytes:
    """BYTES elements: each with its length before it."""
    return b"".join(_LENGTH.pack(len(one)) + one for one in texts)


def _flattened(data: list[Any], size: Sequence[int], field: str) -> list[Any]:
    """Go down one level for each dimension, checking every list's length on the way."""
    level = data
    if len(level) != size[0]:
        raise _ragged(field, size)
    for length in size[1:]:
        if not all(type(one) is list and len(one) == length for one in level):
            raise _ragged(field, size)
        level = list(itertools.chain.from_iterable(level))
    return level


def byte_strings(content: memoryview, count: int, field: str) -> Iterator[bytes]:
    """`count` BYTES elements, each with its length before it. Raises `InvalidQuery`."""
    place = 0
    for _ in range(count):
        start = place + _LENGTH.size
        if start > len(content):
            raise _truncated(field)
        place = start + _LENGTH.unpack_from(content, place)[0]
        if place > len(content):
            raise _truncated(field)
        yield bytes(content[start:place])
    if place < len(content):
        raise _truncated(field)


def _texts(content: memoryview, count: int, field: str) -> list[Any]:
    found: list[Any] = []
    for one in byte_strings(content, count, field):
        try:
            found.append(one.decode("utf-8"))
        except UnicodeDecodeError:
            raise errors.refusal(
                f"{field}.data.{len(found)}",
                "a BYTES element must be text in UTF-8",
                "элемент BYTES должен быть текстом в UTF-8",
            ) from None
    return found


def _check_range(values: list[Any], kind: Datatype, field: str) -> None:
    low, high = kind.low, kind.high
    for value in values:
        if value is not None and not low <= value <= high:
            raise _wrong_element(values, kind, field)


def _fits(value: Any, kind: Datatype) -> bool:
    if type(value) not in kind.in_json:
        return False
    return kind.kind in ("text", "boolean") or value is None or kind.low <= value <= kind.high


def _wrong_element(values: list[Any], kind: Datatype, field: str) -> errors.InvalidQuery:
    place = next((at for at, value in enumerate(values) if not _fits(value, kind)), 0)
    ranges = f" ({kind.low} … {kind.high})" if kind.kind in ("integer", "real") else ""
    kinds = {
        "boolean": ("true or false", "true или false"),
        "integer": ("a whole number", "целое число"),
        "real": ("a number", "число"),
        "text": ("a string", "строка"),
    }
    english, russian = kinds[kind.kind]
    return errors.refusal(
        f"{field}.data.{place}",
        "{datatype} takes {english}{ranges}, or null where the value is missing",
        "для {datatype} нужно: {russian}{ranges}; null, если значения нет",
        datatype=kind.name,
        english=english,
        russian=russian,
        ranges=ranges,
    )


def _wrong_shape(field: str) -> errors.InvalidQuery:
    return errors.refusal(
        f"{field}.shape",
        "must be a list of positive whole numbers, such as [rows, columns]",
        "нужен список положительных целых чисел, например [строки, столбцы]",
    )


def _wrong_data(field: str, count: int, found: int | None = None) -> errors.InvalidQuery:
    return errors.refusal(
        f"{field}.data",
        "must be a list of {count} elements, as the shape says{found}",
        "по форме нужен список элементов, числом {count}{found}",
        count=count,
        found="" if found is None else f" ({found})",
    )


def _ragged(field: str, size: Sequence[int]) -> errors.InvalidQuery:
    return errors.refusal(
        f"{field}.data",
        "nested lists must have exactly the shape {size}; or send one flat list, row by row",
        "вложенные списки должны иметь форму {size}; или пришлите один плоский список, строку за строкой",
        size=list(size),
    )


def _truncated(field: str) -> errors.InvalidQuery:
    return errors.refusal(
        f"{field}.parameters.binary_data_size",
        "the bytes are not as many elements as the shape says; each is a length of 4 bytes, then so many bytes",
        "байты не делятся на столько элементов, сколько задаёт форма; каждый: 4 байта длины, затем столько байт",
    )
