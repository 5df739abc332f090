"""A convolutional network, for images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kolba.kit import text
from kolba.ml_service.families import family, fine_tuning


class Hyperparameters(family.Hyperparameters):
    channels: int = family.described(
        "Filters of the first layer; the second has twice as many, the third four times: more see more, slower.",
        "Фильтров в первом слое; во втором их вдвое больше, в третьем вчетверо: чем больше, тем зорче и медленнее.",
        default=16,
        ge=2,
        le=64,
    )
    dropout: float = family.described(
        "Which share of the units sits out each step, so that none is relied upon.",
        "Какая доля нейронов пропускает каждый шаг, чтобы сеть не полагалась ни на один.",
        default=0.3,
        ge=0,
        le=0.9,
    )
    epochs: int = family.described(
        "How often every image is gone through at most.",
        "Сколько раз самое большее просматривается каждое изображение.",
        default=6,
        ge=1,
        le=200,
    )
    batch_size: int = family.described(
        "How many images one step learns from.",
        "На скольких изображениях учится один шаг.",
        default=128,
        ge=8,
        le=4096,
    )
    learning_rate: float = family.described(
        "How far a step goes at most; it grows for a fifth of the training, then falls to nothing.",
        "Наибольшая величина шага; пятую часть обучения она растёт, потом убывает до нуля.",
        default=0.003,
        gt=0,
        le=1,
    )
    augmentation: Literal["none", "shift", "affine"] = family.described(
        "How images are changed by chance, so that it does not matter where a digit stands: `shift` moves them, "
        "`affine` also turns, scales and slants them.",
        "Как изображения случайно меняются, чтобы положение цифры не имело значения: `shift` сдвигает, `affine` ещё "
        "поворачивает, растягивает и наклоняет.",
        default="shift",
    )
    patience: int | None = family.described(
        "Stop early after so many epochs without a better one; null: never.",
        "Остановиться раньше, если столько эпох подряд не было лучшей; null — никогда.",
        default=4,
        ge=1,
        le=200,
    )


def _rows_needed(_: Mapping[str, Any]) -> int:
    return 20


FAMILY = family.DescribedFamily(
    name="CNN",
    title=text.Text(en="Convolutional network", ru="Свёрточная сеть"),
    description=text.Text(
        en="Learns which strokes make a picture what it is: the best one here for digits. Needs torch.",
        ru="Выучивает, из каких штрихов состоит изображение: лучшее здесь для цифр. Нужен torch.",
    ),
    hyperparameters=Hyperparameters,
    tasks=("image-classification",),
    image_learner="kolba.ml_service.training.images.convolutional:learn",
    fine_tuner="kolba.ml_service.training.finetuning.convolutional:tune",
    fine_tuning=fine_tuning.Hyperparameters,
    rows_needed=_rows_needed,
)
