"""Drawings become what MNIST's digits are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kolba.inference import images
from kolba.inference.images import strokes

Picture = npt.NDArray[np.uint8]
Canvas = Callable[..., Picture]


def check_is_as_mnist(digit: npt.NDArray[np.float32]) -> None:
    assert digit.shape == (28, 28)
    assert digit.dtype == np.float32
    assert digit.min() == 0
    assert 0.9 < digit.max() <= 1
    rows, columns = digit.any(axis=1).nonzero()[0], digit.any(axis=0).nonzero()[0]
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    assert 19 <= longest <= 20
    places = np.arange(28)
    assert abs((digit.sum(axis=1) @ places) / digit.sum() - 14) <= 1
    assert abs((digit.sum(axis=0) @ places) / digit.sum() - 14) <= 1


def alike(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """The correlation of two pictures, at the best of small shifts."""
    shifts = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]) for other in shifts)


DRAWINGS = {
    "as usual": {},
    "thin": {"pen": 2},
    "thick": {"pen": 44},
    "in a corner": {"place": (14, 12), "scale": 40, "pen": 8},
    "in another corner": {"place": (215, 190), "scale": 45, "pen": 10},
    "white on black": {"ink": 255, "paper": 0},
    "pale": {"ink": 150, "paper": 235},
    "grey on grey": {"ink": 190, "paper": 110},
    "over the edge": {"place": (0, 0), "scale": 160},
    "small canvas": {"size": 40, "pen": 3, "place": (9, 6), "scale": 16},
    "large canvas": {"size": 2000, "pen": 60, "place": (500, 300), "scale": 800},
}


@pytest.mark.parametrize("digit", ["one", "five", "seven"])
@pytest.mark.parametrize("how", list(DRAWINGS), ids=list(DRAWINGS))
def test_a_drawing_looks_as_mnist_does(canvas: Canvas, digit: str, how: str) -> None:
    found = images.as_digit(canvas(digit, **DRAWINGS[how]))
    check_is_as_mnist(found)
    assert 1.6 <= strokes.thickness(found) <= 3.4
    assert alike(found, images.as_digit(canvas(digit))) > 0.7


def test_noise_and_specks_are_no_ink(canvas: Canvas) -> None:
    drawing = canvas("five")
    dirty = drawing.astype(np.int16) + np.random.default_rng(1).integers(-25, 25, drawing.shape)
    dirty = dirty.clip(0, 255).astype(np.uint8)
    for y, x in ((4, 270), (270, 6), (268, 268)):
        dirty[y : y + 4, x : x + 4] = 0
    assert alike(images.as_digit(dirty), images.as_digit(drawing)) > 0.97


def test_a_photograph_lit_from_one_side_is_read(canvas: Canvas) -> None:
    drawing = canvas("five", size=400, place=(140, 90), scale=130, ink=40, paper=230)
    light = np.linspace(1, 0.45, 400)[None, :]
    photographed = (drawing * light).astype(np.uint8)
    assert alike(images.as_digit(photographed), images.as_digit(drawing)) > 0.9


def test_a_jpeg_is_as_good_as_a_png(canvas: Canvas, file: Callable[..., bytes]) -> None:
    drawing = canvas("five")
    png, jpeg = (images.digit_of_file(file(drawing, kind)) for kind in ("PNG", "JPEG"))
    assert alike(png.reshape(28, 28), jpeg.reshape(28, 28)) > 0.97


@given(
    digit=st.sampled_from(["one", "five", "seven"]),
    pen=st.integers(2, 30),
    scale=st.integers(30, 130),
    x=st.integers(0, 120),
    y=st.integers(0, 60),
)
def test_what_came_out_comes_out_again_as_it_is(
    digit: str, pen: int, scale: int, x: int, y: int
) -> None:
    picture = Image.new("L", (280, 280), 255)
    drawn = np.array(picture)
    drawn[y : y + scale, x : x + pen] = 0
    drawn[y : y + pen, x : x + scale] = 0
    if digit != "one":
        drawn[y + scale : y + scale + pen, x : x + (scale if digit == "five" else pen)] = 0
    found = np.rint(images.as_digit(drawn) * 255).astype(np.uint8)
    check_is_as_mnist(found / np.float32(255))
    again = images.as_digit(found)
    assert np.array_equal(again, found / np.float32(255))
    assert np.array_equal(images.as_digit(255 - found), again)


@given(seed=st.integers(0, 10_000), height=st.integers(1, 20), top=st.integers(0, 8))
def test_what_is_as_mnists_are_comes_out_unchanged(seed: int, height: int, top: int) -> None:
    made = np.zeros((28, 28), np.uint8)
    random = np.random.default_rng(seed)
    made[4:24, 14 - height // 2 : 14 - height // 2 + height] = random.integers(0, 256, (20, height))
    made[4, 14] = made[23, 14] = 255
    expected = made / np.float32(255)
    centre = (
        expected.sum(axis=1) @ np.arange(28) / expected.sum(),
        expected.sum(axis=0) @ np.arange(28) / expected.sum(),
    )
    if max(abs(one - 14) for one in centre) <= 1:
        assert np.array_equal(images.as_digit(made), expected)
        assert np.array_equal(images.digit_of_file(images.to_png(made)), expected.ravel())


@pytest.mark.parametrize(
    "empty",
    [
        np.full((280, 280), 255, np.uint8),
        np.zeros((280, 280), np.uint8),
        np.full((28, 28), 128, np.uint8),
        np.zeros((28, 28), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.full((1, 400), 255, np.uint8),
        np.random.default_rng(1).integers(225, 255, (280, 280)).astype(np.uint8),
    ],
    ids=["white", "black", "grey", "a digit's size", "one pixel", "one line", "paper's grain"],
)
def test_an_empty_sheet_is_no_digit(empty: Picture) -> None:
    with pytest.raises(images.NothingDrawn) as refused:
        images.as_digit(empty, field="image")
    problem = refused.value.problem("en")
    assert (problem["status"], problem["type"]) == (422, "urn:kolba:problem:nothing-drawn")
    assert problem["errors"] == [{"field": "image", "message": "nothing is drawn"}]
    assert refused.value.problem("ru")["errors"][0]["message"] == "ничего не нарисовано"


def test_a_single_pixel_is_a_speck() -> None:
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[100, 100] = 0
    with pytest.raises(images.NothingDrawn):
        images.as_digit(sheet)


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([2, 40, 256])
)
def test_any_picture_is_a_digit_or_nothing(height: int, width: int, seed: int, high: int) -> None:
    picture = np.random.default_rng(seed).integers(0, high, (height, width)).astype(np.uint8)
    try:
        found = images.as_digit(picture)
    except images.NothingDrawn:
        return
    assert found.shape == (28, 28)
    assert np.isfinite(found).all()
    assert 0 <= found.min() <= found.max() <= 1


def test_a_filled_sheet_or_a_dot_is_something() -> None:
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[100:130, 100:130] = 0
    assert images.as_digit(sheet).max() > 0.5
