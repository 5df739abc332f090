"""What a file says of itself before it is decoded."""

from __future__ import annotations

import pytest
from PIL import Image

from kolba.kit.testing import pictures
from kolba.storage.images import headers

EXIF = Image.Exif()
EXIF[0x010E] = "a description " * 100


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (pictures.png(size=(30, 20)), "image/png", (30, 20)),
        (pictures.png(size=(30, 20), mode="RGBA"), "image/png", (30, 20)),
        (pictures.jpeg((30, 20)), "image/jpeg", (30, 20)),
        (pictures.jpeg((30, 20), "L"), "image/jpeg", (30, 20)),
        (pictures.jpeg((30, 20), "CMYK"), "image/jpeg", (30, 20)),
        (pictures.jpeg((30, 20), progressive=True), "image/jpeg", (30, 20)),
        (pictures.jpeg((30, 20), exif=EXIF), "image/jpeg", (30, 20)),
        (b"\xff\xd8\xff\xff\xff" + pictures.jpeg((30, 20))[3:], "image/jpeg", (30, 20)),
    ],
)
def test_the_size_is_found(content, media_type, size):
    found = headers.look(content)
    assert found is not None
    assert (found.media_type, found.width, found.height) == (media_type, *size)


@pytest.mark.parametrize("content", [pictures.png(), pictures.jpeg(exif=EXIF)])
def test_wherever_it_is_cut_off_nothing_breaks(content):
    found = {headers.look(content[:length]) for length in range(min(len(content), 3000))}
    assert found == {None, headers.look(content)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20),
        b"\xff\xd8\xff\xc0\0\0",
        b"\xff\xd8\xff\xe0\0\0" * 1000,
        b"\xff\xd8" + b"\xff" * 1000,
    ],
)
def test_what_says_no_size_has_none(content):
    assert headers.look(content) is None
