"""From a file to a tensor: pure functions."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from kolba.inference import images
from kolba.pipeline import tensors

Picture = npt.NDArray[np.float32]
"""`[784]`, ink 1 on paper 0."""


class Steps:
    """What is done to one image."""

    @staticmethod
    def picture(content: bytes) -> Picture:
        """The digit in a PNG or JPEG file, as MNIST has it.

        Raises `images.InvalidImage`, `images.ImageTooLarge`, `images.NothingDrawn`.
        """
        return images.digit_of_file(content, field="file")

    @staticmethod
    def to_bytes(picture: Picture) -> bytes:
        return tensors.Tensors.to_bytes(picture)

    @staticmethod
    def to_npy(picture: Picture) -> bytes:
        return tensors.Tensors.to_npy(picture.reshape(tensors.SHAPE))

    @staticmethod
    def to_json(picture: Picture) -> bytes:
        return tensors.Tensors.to_json(picture.reshape(tensors.SHAPE))


def warm() -> None:
    """The first image loads decoders; let it be one that nobody waits for."""
    picture = np.zeros((56, 56), np.uint8)
    picture[12:44, 26:30] = 255
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    Steps.picture(file.getvalue())
