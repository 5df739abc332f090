"""Tensors in every form that they are sent in, and what is no tensor."""

from __future__ import annotations

import io
import pathlib

import numpy as np
import orjson
import pytest

from kolba.pipeline import errors, tensors

READ = tensors.Tensors
PICTURE = np.linspace(0, 1, 784, dtype=np.float32)


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def test_a_picture_survives_every_form() -> None:
    square = PICTURE.reshape(28, 28)
    for found, is_single in (
        READ.of_bytes(READ.to_bytes(PICTURE), {"x-tensor-shape": "28,28"}),
        READ.of_bytes(READ.to_bytes(PICTURE), {"x-tensor-shape": "784"}),
        READ.of_npy(READ.to_npy(square)),
        READ.of_npy(npy(square)),
        READ.of_json(orjson.loads(READ.to_json(square))["tensor"]),
        READ.of_json(PICTURE.tolist()),
    ):
        assert is_single
        assert found.shape == (1, 784)
        np.testing.assert_array_equal(found[0], PICTURE)


def test_a_file_is_just_what_numpy_writes() -> None:
    square = PICTURE.reshape(28, 28)
    assert READ.to_npy(square) == npy(square)


def test_several_pictures_are_several() -> None:
    many = np.stack([PICTURE, 1 - PICTURE, PICTURE])
    for found, is_single in (
        READ.of_bytes(many.tobytes(), {"x-tensor-shape": "3,28,28"}),
        READ.of_bytes(many.tobytes(), {"x-tensor-shape": "3, 784"}),
        READ.of_json(many.reshape(3, 28, 28).tolist()),
    ):
        assert not is_single
        np.testing.assert_array_equal(found, many)


@pytest.mark.parametrize(
    "shape",
    [None, "", "28", "27,29", "28,28,1,1", "-28,-28", "28,x", "99999999999,99999999999", "0,784"],
)
def test_bytes_of_another_shape_are_refused(shape: str | None) -> None:
    headers = {} if shape is None else {"x-tensor-shape": shape}
    with pytest.raises(errors.BadTensor):
        READ.of_bytes(READ.to_bytes(PICTURE), headers)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38, -1.0, 255.0])
def test_what_is_no_ink_is_refused(bad: float) -> None:
    spoilt = PICTURE.copy()
    spoilt[5] = bad
    with pytest.raises(errors.BadTensor):
        READ.of_bytes(spoilt.tobytes(), {"x-tensor-shape": "28,28"})


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, [[]], [["a"] * 28] * 28, [[1], [1, 2]], [[0.5] * 28] * 27, 1]
)
def test_json_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(errors.BadTensor):
        READ.of_json(value)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((28, 28)),
        np.zeros((28, 28), ">f4"),
        np.zeros((28, 27), np.float32),
        np.zeros((0, 784), np.float32),
        np.array("x"),
    ],
)
def test_a_file_of_other_numbers_is_refused(array: object) -> None:
    with pytest.raises(errors.BadTensor):
        READ.of_npy(npy(array))


def test_a_file_is_never_unpickled(tmp_path: pathlib.Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return pathlib.Path.touch, (tmp_path / "sprung",)

    with pytest.raises(errors.BadTensor):
        READ.of_npy(npy(np.array([Trap()], dtype=object)))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00v\x00{'descr': 'x'}"])
def test_a_damaged_file_is_refused(content: bytes) -> None:
    with pytest.raises(errors.BadTensor):
        READ.of_npy(content)
    whole = READ.to_npy(PICTURE)
    with pytest.raises(errors.BadTensor):
        READ.of_npy(whole[:-8])
