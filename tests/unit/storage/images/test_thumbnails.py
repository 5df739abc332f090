"""Making images smaller looks at a file as closely as reading it does."""

from __future__ import annotations

import pytest
from PIL import Image

from kolba.inference import images
from kolba.kit.testing import pictures
from kolba.storage.images import thumbnails


def test_a_picture_that_came_with_a_prediction_is_no_bomb_either() -> None:
    """Of such a picture only the header was looked at when it came."""
    plain = pictures.saved(Image.new("L", (400, 400)), "JPEG", progressive=True)
    start = plain.rindex(b"\xff\xda")
    bomb = plain[:-2] + plain[start:-2] * 1000 + plain[-2:]
    assert thumbnails.make(plain, 32)
    with pytest.raises(images.InvalidImage, match="scans"):
        thumbnails.make(bomb, 32)
