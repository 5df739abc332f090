"""Pictures moved about a little, so that a network learns that it does not matter."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from kolba.ml_service.training.images import network as networks

_SIDE = networks.SIDE
_MOST = 2
"""Pixels to either side."""
_DEGREES = 12.0
_SCALE = 0.12
_SHEAR = 0.15


class Pictures:
    """Pictures `[N, 784]` of bytes, taken in batches `[B, 784]` of numbers 0 … 1."""

    def __init__(self, pixels: torch.Tensor) -> None:
        self._pixels = pixels.view(-1, _SIDE, _SIDE)

    def take(
        self, rows: torch.Tensor, augmentation: str, generator: torch.Generator
    ) -> torch.Tensor:
        """The pictures `rows`; `augmentation` is `none`, `shift` or `affine`."""
        rows = rows.to(self._pixels.device)
        found = self._pixels[rows]
        if augmentation == "shift":
            found = _shifted(found, generator)  # while they are bytes
        pictures = found.float() / 255
        if augmentation == "affine":
            pictures = _turned(pictures, generator)
        return pictures.reshape(-1, _SIDE * _SIDE)


def _shifted(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each by whole pixels, up to two to any side; nothing comes in from beyond the edge."""
    moves = torch.randint(0, 2 * _MOST + 1, (len(pictures), 2), generator=generator)
    moves = moves.to(pictures.device)
    padded = functional.pad(pictures, (_MOST,) * 4)
    places = padded.unfold(1, _SIDE, 1).unfold(2, _SIDE, 1)  # [B, down, across, 28, 28], no copy
    number = torch.arange(len(pictures), device=pictures.device)
    return places[number, moves[:, 0], moves[:, 1]]


def _turned(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each moved, turned, scaled and slanted by chance."""
    chance = torch.rand((len(pictures), 6), generator=generator) * 2 - 1
    angle = chance[:, 0] * math.radians(_DEGREES)
    tall, wide = 1 + chance[:, 1] * _SCALE, 1 + chance[:, 2] * _SCALE
    slant = chance[:, 3] * _SHEAR
    cosine, sine = torch.cos(angle), torch.sin(angle)
    move = chance[:, 4:] * (2 * _MOST / _SIDE)
    first = torch.stack([cosine * wide, (slant - sine) * wide, move[:, 0]], 1)
    second = torch.stack([sine * tall, cosine * tall, move[:, 1]], 1)
    matrix = torch.stack([first, second], 1).to(pictures.device)
    grid = functional.affine_grid(matrix, [len(pictures), 1, _SIDE, _SIDE], align_corners=False)
    return functional.grid_sample(pictures[:, None], grid, align_corners=False)[:, 0]
