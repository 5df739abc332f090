"""How a network is trained on from the weights it has."""

from __future__ import annotations

from typing import Literal

from kolba.ml_service.families import family


class Hyperparameters(family.Hyperparameters):
    epochs: int = family.described(
        "How often every new image is gone through, and old ones with it.",
        "Сколько раз просматриваются новые изображения, а с ними прежние.",
        default=4,
        ge=1,
        le=50,
    )
    batch_size: int = family.described(
        "How many images one step learns from.",
        "На скольких изображениях учится один шаг.",
        default=64,
        ge=8,
        le=4096,
    )
    learning_rate: float = family.described(
        "How far a step goes at most: small, for the weights are good already.",
        "Наибольшая величина шага: малая, ведь веса уже хороши.",
        default=0.0001,
        gt=0,
        le=1,
    )
    replay: float = family.described(
        "Which share of each epoch are images of the parent's data set, so that it is not forgotten.",
        "Какую долю каждой эпохи составляют прежние изображения, чтобы они не забылись.",
        default=0.95,
        ge=0,
        le=0.99,
    )
    augmentation: Literal["none", "shift", "affine"] = family.described(
        "How images are changed by chance, each time another way; as in the family's own training.",
        "Как изображения случайно меняются, каждый раз по-другому; как при обучении самого семейства.",
        default="shift",
    )
