"""Files of pictures: what is read, and what is refused before a pixel is decoded."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies
from PIL import Image

from kolba.inference import images

Picture = npt.NDArray[np.uint8]
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">II5B", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def animated(kind: str) -> bytes:
    frames = [Image.new("L", (28, 28), shade) for shade in (0, 100, 255)]
    holder = io.BytesIO()
    frames[0].save(holder, kind, save_all=True, append_images=frames[1:])
    return holder.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no byte"),
        (b"hello, I am no picture", "neither PNG nor JPEG"),
        (SVG, "SVG"),
        (animated("GIF"), "GIF"),
        (animated("PNG"), "animated"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_and_said(content: bytes, said: str) -> None:
    with pytest.raises(images.InvalidImage) as refused:
        images.read(content, field="rows.3.image")
    problem = refused.value.problem("en")
    assert problem["status"] == 422
    assert problem["type"] == "urn:kolba:problem:invalid-image"
    assert said in problem["detail"]
    assert problem["errors"][0]["field"] == "rows.3.image"
    assert said in problem["errors"][0]["message"]
    assert refused.value.problem("ru")["detail"] != problem["detail"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_that_is_cut_off_is_refused_wherever_it_is_cut(
    kind: str, canvas: Callable[..., Picture], file: Callable[..., bytes]
) -> None:
    noise = np.random.default_rng(1).integers(0, 80, (64, 64), np.uint8)
    content = file(canvas(size=64, scale=30, place=(10, 5), pen=6) - noise, kind)
    for cut in [*range(0, len(content) - 3, 7), len(content) - 3]:
        with pytest.raises(images.InvalidImage):
            images.read(content[:cut])


def test_a_png_with_too_little_data_is_refused() -> None:
    with pytest.raises(images.InvalidImage):
        images.read(png(28, 28, bytes(29 * 20)))


def test_a_plain_png_with_wrong_checks_is_refused(mnist_like: Picture) -> None:
    content = bytearray(images.to_png(mnist_like))
    content[60] ^= 1
    with pytest.raises(images.InvalidImage):
        images.read(bytes(content))


@pytest.mark.parametrize("side", [50_000, 4_097])
def test_dimensions_are_refused_before_pixels_are_decoded(side: int) -> None:
    content = png(side, side, bytes(1 << 20))
    assert len(content) < 1200
    tracemalloc.start()
    try:
        with pytest.raises(images.ImageTooLarge) as refused:
            images.read(content)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    problem = refused.value.problem("en")
    assert problem["status"] == 413
    assert f"{side} × {side} pixels" in problem["detail"]
    assert f"{side} × {side} точек" in refused.value.problem("ru")["detail"]


def test_a_jpegs_dimensions_are_looked_at_too(file: Callable[..., bytes]) -> None:
    content = file(np.zeros((16, 16), np.uint8), "JPEG")
    start = content.index(b"\xff\xc0") + 5
    large = content[:start] + struct.pack(">HH", 50_000, 50_000) + content[start + 4 :]
    with pytest.raises(images.ImageTooLarge):
        images.read(large)


def test_a_png_that_says_to_have_no_pixels_is_refused() -> None:
    with pytest.raises(images.InvalidImage):
        images.read(png(0, 28, b""))


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(images.ImageTooLarge):
        images.read(b"\x89PNG\r\n\x1a\n" + bytes(images.MAX_BYTES))


def test_a_bomb_in_a_small_grey_file_stays_packed() -> None:
    content = png(28, 28, bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(images.InvalidImage):
            images.read(content)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (28, 28), (61, 17)])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_sizes_are_counted_as_the_format_counts_them(
    size: tuple[int, int], mode: str, file: Callable[..., bytes]
) -> None:
    assert images.read(file(Image.new(mode, size))).shape == size[::-1]


def test_an_interlaced_file_is_read() -> None:
    """Made by hand: Pillow writes none. Six of the seven passes have something of a picture of 5×3."""
    passes = [(1, 1), (1, 1), (1, 1), (1, 3), (2, 2), (1, 5)]
    lines = b"".join((b"\0" + bytes([7]) * columns) * rows for rows, columns in passes)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II5B", 5, 3, 8, 0, 0, 0, 1))
    end = chunk(b"IEND", b"")
    found = images.read(start + chunk(b"IDAT", zlib.compress(lines)) + end)
    assert np.array_equal(found, np.full((3, 5), 7))
    with pytest.raises(images.InvalidImage):
        images.read(start + chunk(b"IDAT", zlib.compress(lines[:-1])) + end)


GREY = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (25, 1))


def cmyk() -> Image.Image:
    return Image.fromarray(GREY).convert("RGB").convert("CMYK")


def sixteen_bits() -> Image.Image:
    return Image.fromarray(GREY.astype(np.uint16) * 257)


def palette() -> Image.Image:
    return Image.fromarray(GREY).convert("RGB").quantize(64)


@pytest.mark.parametrize(
    ("picture", "kind", "within"),
    [
        (Image.fromarray(GREY), "PNG", 0),
        (Image.fromarray(GREY).convert("RGB"), "PNG", 1),
        (Image.fromarray(GREY).convert("LA"), "PNG", 0),
        (palette(), "PNG", 4),
        (sixteen_bits(), "PNG", 0),
        (Image.fromarray(GREY), "JPEG", 12),
        (cmyk(), "JPEG", 12),
    ],
    ids=["grey", "colours", "grey and alpha", "palette", "16-bit", "JPEG", "CMYK"],
)
def test_every_kind_of_pixel_is_the_same_picture(
    picture: Image.Image, kind: str, within: int, file: Callable[..., bytes]
) -> None:
    found = images.read(file(picture, kind))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - GREY).max() <= within


def test_black_and_white_is_read(file: Callable[..., bytes]) -> None:
    found = images.read(file(Image.fromarray(GREY > 100)))
    assert set(np.unique(found)) == {0, 255}


def test_what_is_transparent_is_paper(file: Callable[..., bytes]) -> None:
    layers = np.zeros((30, 30, 4), np.uint8)  # black everywhere, and nothing of it to be seen
    layers[10:20, 10:20, 3] = 255
    layers[0, 0, 3] = 128
    found = images.read(file(Image.fromarray(layers)))
    assert found[5, 5] == 255
    assert found[15, 15] == 0
    assert 120 < found[0, 0] < 135


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_a_colour_that_means_transparent_is_paper(mode: str, file: Callable[..., bytes]) -> None:
    picture = Image.fromarray(np.where(GREY > 100, np.uint8(200), np.uint8(0))).convert(mode)
    transparent: Any = {"L": 0, "P": 0, "RGB": (0, 0, 0)}[mode]
    found = images.read(file(picture, transparency=transparent))
    assert found[0, 0] == 255
    assert found[0, -1] == 200


def test_white_ink_on_a_transparent_sheet_is_not_lost(file: Callable[..., bytes]) -> None:
    layers = np.full((30, 30, 4), 255, np.uint8)
    layers[..., 3] = 0
    layers[10:20, 14:17, 3] = 255
    found = images.read(file(Image.fromarray(layers)))
    assert found[15, 15] == 255
    assert found[0, 0] == 0


def test_a_telephone_held_sideways_is_upright(file: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    lying = np.zeros((16, 32), np.uint8)
    lying[:, :8] = 255
    found = images.read(file(lying, "JPEG", exif=exif))
    assert found.shape == (32, 16)
    assert found[2].mean() > 200
    assert found[-2].mean() < 50


def test_a_file_made_here_is_read_as_it_was(mnist_like: Picture) -> None:
    content = images.to_png(mnist_like)
    assert content == images.to_png(mnist_like)
    assert np.array_equal(images.read(content), mnist_like)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), mnist_like)


def some_file(kind: str) -> bytes:
    holder = io.BytesIO()
    options = {"PNG": {}, "JPEG": {"exif": Image.Exif()}}[kind]
    Image.fromarray(np.dstack([GREY, GREY.T, GREY, GREY])).convert(
        "RGBA" if kind == "PNG" else "RGB"
    ).save(holder, kind, **options)
    return holder.getvalue()


FILES = {kind: some_file(kind) for kind in ("PNG", "JPEG")}


@hypothesis.settings(deadline=None, max_examples=400)
@hypothesis.given(
    kind=strategies.sampled_from(("PNG", "JPEG")),
    changes=strategies.lists(
        strategies.tuples(strategies.integers(0, 5000), strategies.integers(0, 255)),
        min_size=1,
        max_size=6,
    ),
    cut=strategies.none() | strategies.integers(0, 5000),
)
def test_whatever_is_damaged_is_read_or_refused_and_nothing_else(
    kind: str, changes: list[tuple[int, int]], cut: int | None
) -> None:
    content = bytearray(FILES[kind])
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(images.InvalidImage, images.ImageTooLarge):
        found = images.read(bytes(content[:cut]))
        assert found.dtype == np.uint8
        assert found.ndim == 2


def _repeated(content: bytes, times: int) -> bytes:
    """The progressive file with its last scan once more, so many times."""
    start = content.rindex(b"\xff\xda")
    return content[:-2] + content[start:-2] * times + content[-2:]


def _photograph(side: int = 200) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(noise)


def test_a_progressive_file_that_goes_over_its_picture_for_ever_is_refused(
    file: Callable[..., bytes],
) -> None:
    plain = file(Image.new("L", (4096, 4096)), "JPEG", progressive=True)
    for content in (_repeated(plain, 300), _repeated(plain, 100_000)):
        assert len(content) < images.MAX_BYTES
        started = time.process_time()
        with pytest.raises(images.InvalidImage) as refused:
            images.read(content)
        assert time.process_time() - started < 1
        assert "more than 100 scans" in refused.value.problem("en")["detail"]
        assert "100 проходов" in refused.value.problem("ru")["detail"]


def test_scans_cannot_be_hidden_from_who_counts_them(file: Callable[..., bytes]) -> None:
    """What libjpeg passes over on its way to the next scan is passed over here."""
    plain = file(Image.new("L", (64, 64)), "JPEG", progressive=True)
    start = plain.rindex(b"\xff\xda")
    scan = plain[start:-2]
    tables = b"\xff\xdb\x00\x43\x00" + b"\xff\xd9" * 32  # a table of 64 bytes, that look like ends
    for between in (b"\xff\x50\xff\xff", b"\xff\xd0", b"\xff\xff", b"\xff\x00\xff", b"??", tables):
        with pytest.raises(images.InvalidImage, match="scans"):
            images.read(plain[:-2] + (between + scan) * 200 + plain[-2:])


@pytest.mark.parametrize("segment", [b"\xff\xe0\x00\x02", b"\xff\xfe\x00\x02"])
def test_a_file_of_nothing_but_empty_segments_is_refused(
    segment: bytes, file: Callable[..., bytes]
) -> None:
    plain = file(Image.new("L", (16, 16)), "JPEG")
    assert images.read(plain[:2] + segment * 500 + plain[2:]).shape == (16, 16)
    for place in (2, len(plain) - 2):
        started = time.process_time()
        with pytest.raises(images.InvalidImage, match="segments"):
            images.read(plain[:place] + segment * 1_000_000 + plain[place:])
        assert time.process_time() - started < 0.3


@pytest.mark.parametrize("options", [{"progressive": True}, {}, {"restart_marker_blocks": 1}])
def test_photographs_are_read_whatever_their_scans(
    options: dict[str, Any], file: Callable[..., bytes]
) -> None:
    """Noise: a megabyte of coded data, in which any pair of bytes turns up that may."""
    content = file(_photograph(1000), "JPEG", quality=90, **options)
    assert images.read(content).shape == (1000, 1000)


def test_what_lies_within_other_segments_or_behind_the_picture_are_no_scans(
    file: Callable[..., bytes],
) -> None:
    """A camera's file: a thumbnail in its EXIF, here one of many scans, and a moving picture behind it."""
    thumbnail = _repeated(file(_photograph(16), "JPEG", progressive=True), 500)
    content = file(_photograph(), "JPEG", progressive=True)
    segment = b"Exif\0\0" + thumbnail
    assert len(segment) < 65_533
    within = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    found = images.read(content[:2] + within + content[2:] + b"\xff\xda" * 1000)
    assert found.shape == (200, 200)


def test_sixteen_bits_take_no_memory_for_more(file: Callable[..., bytes]) -> None:
    side = 2000
    content = file(Image.fromarray(np.full((side, side), 40_000, np.uint16)))
    tracemalloc.start()
    try:
        found = images.read(content)
        assert tracemalloc.get_traced_memory()[1] < 8 * side * side
    finally:
        tracemalloc.stop()
    assert found.min() == found.max() == 40_000 >> 8
