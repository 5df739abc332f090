"""Pictures inside of requests."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kolba.inference import images

Picture = npt.NDArray[np.uint8]


def test_all_ways_of_writing_a_picture_are_one_digit(mnist_like: Picture) -> None:
    content = images.to_png(mnist_like)
    written = base64.b64encode(content).decode()
    expected = mnist_like / np.float32(255)
    ways: list[Any] = [
        content,
        bytearray(content),
        written,
        written.rstrip("="),
        written.replace("+", "-").replace("/", "_"),
        "\n".join(written[start : start + 76] for start in range(0, len(written), 76)),
        f"data:image/png;base64,{written}",
        f"DATA:;base64,{written}",
        mnist_like.tolist(),
        mnist_like.ravel().tolist(),
        mnist_like,
        expected,
        expected.tolist(),
        (1 - expected).tolist(),
    ]
    for way in ways:
        assert np.allclose(images.of_value(way), expected, atol=1e-6), way
    for way in ways[:-1]:
        assert np.array_equal(images.of_value(way), expected), way


def test_a_drawing_in_numbers_is_centred_too(canvas: Callable[..., Picture]) -> None:
    small = canvas(size=28, pen=2, place=(2, 3), scale=6)
    found = images.of_value((1 - small / 255).tolist())
    assert np.allclose(found, images.as_digit(small), atol=0.01)
    rows = found.any(axis=1).nonzero()[0]
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "must be a data URL"),
        (5, "must be a data URL"),
        (True, "must be a data URL"),
        ({"b64": ""}, "must be a data URL"),
        ("", "no byte"),
        ("что-то", "neither a data URL"),
        ("not base64!", "neither a data URL"),
        ("aGVsbG8=", "neither PNG nor JPEG"),
        ("data:image/svg+xml,<svg/>", "neither a data URL"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "SVG"),
        ("data:nonsense", "neither a data URL"),
        ([], "28 rows"),
        ([1, 2, 3], "28 rows"),
        ([[0.0] * 28] * 27, "28 rows"),
        ([[0.0] * 27] * 28, "28 rows"),
        ([[0.0] * 28] * 27 + [[0.0] * 27], "28 rows"),
        ([[[0.0]] * 28] * 28, "28 rows"),
        ([["1"] * 28] * 28, "28 rows"),
        ([[True] * 28] * 28, "28 rows"),
        ([[None] * 28] * 28, "28 rows"),
        ([[-1] * 28] * 28, "28 rows"),
        ([[256] * 28] * 28, "28 rows"),
        ([[10**400] * 28] * 28, "28 rows"),
        ([[float("nan")] * 28] * 28, "28 rows"),
    ],
)
def test_what_is_no_picture_is_refused(value: Any, said: str) -> None:
    with pytest.raises(images.InvalidImage) as refused:
        images.of_value(value, field="image")
    problem = refused.value.problem("en")
    assert said in problem["errors"][0]["message"]
    assert problem["errors"][0]["field"] == "image"


def test_nothing_drawn_is_said_of_numbers_too() -> None:
    with pytest.raises(images.NothingDrawn):
        images.of_value([[0] * 28] * 28)


def test_a_text_of_great_length_is_refused_unread() -> None:
    with pytest.raises(images.ImageTooLarge):
        images.of_value("A" * (2 * images.MAX_BYTES))


def test_an_error_can_be_moved_to_where_the_picture_stood() -> None:
    with pytest.raises(images.InvalidImage) as refused:
        images.of_value("?")
    moved = refused.value.at("rows.4.image")
    assert moved.problem("en")["errors"][0]["field"] == "rows.4.image"
    assert moved.problem("ru")["detail"] == refused.value.problem("ru")["detail"]
