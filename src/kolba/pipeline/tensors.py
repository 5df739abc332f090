"""Tensors: as bytes over HTTP, as JSON, as numpy's own file format. Pictures of 28×28, ink 1 on paper 0."""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.pipeline import errors, wire

SHAPE = (28, 28)
WIDTH = SHAPE[0] * SHAPE[1]
_SINGLE = "28,28"
_SINGLE_BYTES = 4 * WIDTH
_NUMBER = np.dtype("<f4")
_SHAPE_HEADER = wire.SHAPE_HEADER.lower()

Pictures = npt.NDArray[np.float32]
"""`[N, 784]`."""


class Tensors:
    """Reads and writes them."""

    @staticmethod
    def of_bytes(content: bytes, headers: Mapping[str, str]) -> tuple[Pictures, bool]:
        """The pictures in a binary body, and whether it was one alone. Raises `errors.BadTensor`."""
        shape = headers.get(_SHAPE_HEADER)
        if shape == _SINGLE and len(content) == _SINGLE_BYTES:
            return _sound(np.frombuffer(content, _NUMBER).reshape(1, WIDTH)), True
        sides = _sides(shape)
        if math.prod(sides) * _NUMBER.itemsize != len(content):
            raise _bad(
                f"{len(content)} bytes are no float32 of shape {shape}",
                f"{len(content)} байт: это не float32 размера {shape}",
            )
        return Tensors.of_array(np.frombuffer(content, _NUMBER).reshape(sides))

    @staticmethod
    def of_json(value: Any) -> tuple[Pictures, bool]:
        """The pictures in nested lists of numbers, and whether it was one alone. Raises `errors.BadTensor`."""
        try:
            found = np.array(value, np.float32)
        except (ValueError, TypeError, OverflowError):
            raise _bad(
                "`tensor` is not made of numbers, all rows of one length",
                "`tensor`: не числа или строки разной длины",
            ) from None
        return Tensors.of_array(found)

    @staticmethod
    def of_array(array: npt.NDArray[Any]) -> tuple[Pictures, bool]:
        """`[28, 28]`, `[784]`, `[N, 28, 28]` or `[N, 784]` as `[N, 784]`, and whether it was one alone.

        Raises `errors.BadTensor`.
        """
        if array.shape in (SHAPE, (WIDTH,)):
            return _sound(np.ascontiguousarray(array, np.float32).reshape(1, WIDTH)), True
        if array.ndim > 1 and len(array) and array.shape[1:] in (SHAPE, (WIDTH,)):
            return _sound(np.ascontiguousarray(array, np.float32).reshape(-1, WIDTH)), False
        shape = ",".join(map(str, array.shape))
        raise _bad(f"its shape is {shape or 'empty'}", f"его размер: {shape or 'пусто'}")

    @staticmethod
    def to_bytes(picture: npt.NDArray[np.float32]) -> bytes:
        return picture.astype(_NUMBER, copy=False).tobytes()

    @staticmethod
    def to_json(picture: npt.NDArray[np.float32]) -> bytes:
        document = {"shape": list(picture.shape), "tensor": picture}
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)

    @staticmethod
    def to_npy(picture: npt.NDArray[np.float32]) -> bytes:
        """As numpy keeps arrays in files."""
        if picture.shape == SHAPE:
            return _npy_head() + picture.astype(_NUMBER, copy=False).tobytes()
        file = io.BytesIO()
        np.lib.format.write_array(file, picture.astype(_NUMBER, copy=False), allow_pickle=False)
        return file.getvalue()

    @staticmethod
    def of_npy(content: bytes) -> tuple[Pictures, bool]:
        """The pictures in such a file; objects are never read. Raises `errors.BadTensor`."""
        head = _npy_head()
        if len(content) == len(head) + _SINGLE_BYTES and content.startswith(head):
            picture = np.frombuffer(content, _NUMBER, offset=len(head))
            return _sound(picture.reshape(1, WIDTH)), True
        try:
            found = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        except (ValueError, OSError, EOFError, MemoryError, OverflowError, TypeError, SyntaxError):
            raise _bad("it is not a whole .npy file", "это не целый файл .npy") from None
        if found.dtype != _NUMBER:
            raise _bad(f"its numbers are {found.dtype}", f"его числа: {found.dtype}")
        return Tensors.of_array(found)


@functools.cache
def _npy_head() -> bytes:
    """What numpy writes before the numbers of one picture: making and reading it anew costs more than all the rest."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.zeros(SHAPE, _NUMBER), allow_pickle=False)
    return file.getvalue()[:-_SINGLE_BYTES]


def _sides(shape: str | None) -> tuple[int, ...]:
    if shape is None:
        raise _bad("`X-Tensor-Shape` is missing", "нет `X-Tensor-Shape`")
    parts = shape[:64].split(",")
    if len(parts) > 3 or not all(part.strip().isdecimal() for part in parts):
        raise _bad("`X-Tensor-Shape` is no shape", "`X-Tensor-Shape` не размер")
    return tuple(int(part) for part in parts)


def _sound(pictures: Pictures) -> Pictures:
    """A sum is NaN or infinite as soon as one number is; 784 numbers of ink are small."""
    total = float(pictures.sum())
    if not math.isfinite(total) or float(pictures.min()) < -0.001 or float(pictures.max()) > 1.001:
        raise _bad("some numbers are not in 0 … 1", "есть числа вне 0 … 1")
    return pictures


def _bad(en: str, ru: str) -> kit_errors.KolbaError:
    return errors.BadTensor(reason=text.Text(en=en, ru=ru))
