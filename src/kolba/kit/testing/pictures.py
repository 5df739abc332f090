"""Small files of images for the tests."""

from __future__ import annotations

import base64
import hashlib
import io

import numpy as np
from PIL import Image


def png(seed: int = 0, size: tuple[int, int] = (28, 28), mode: str = "L") -> bytes:
    """Noise: it does not get smaller by packing."""
    depth = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], depth), np.uint8)
    return saved(Image.fromarray(noise[:, :, 0] if depth == 1 else noise), "PNG")


def jpeg(size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object) -> bytes:
    return saved(
        Image.new(mode, size, 128 if mode == "L" else (1, 2, 3, 4)[: len(mode)]), "JPEG", **options
    )


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()
