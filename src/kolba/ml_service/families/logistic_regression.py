"""Logistic regression."""

from __future__ import annotations

from typing import Literal

from kolba.kit import text
from kolba.ml_service.families import family


class Hyperparameters(family.Hyperparameters):
    C: float = family.described(
        "Inverse of the regularisation strength: smaller is stronger, and the coefficients stay smaller.",
        "Обратная сила регуляризации: чем меньше, тем она сильнее и тем меньше коэффициенты.",
        default=1.0,
        ge=1e-6,
        le=1e6,
    )
    max_iter: int = family.described(
        "At most so many iterations of the solver (on images: 100 unless given).",
        "Не больше стольких итераций решателя (на изображениях: 100, если не задано).",
        default=1000,
        ge=1,
        le=100_000,
    )
    tol: float = family.described(
        "The solver stops when the gradient is smaller than this (on images: 0.001 unless given).",
        "Решатель останавливается, когда градиент меньше этого числа (на изображениях: 0,001, если не задано).",
        default=1e-4,
        gt=0,
        le=1,
    )
    fit_intercept: bool = family.described(
        "Whether there is a constant term.", "Есть ли свободный член.", default=True
    )
    class_weight: Literal["balanced"] | None = family.described(
        "`balanced` weighs each class by the inverse of its frequency.",
        "`balanced` взвешивает классы обратно их частоте.",
        default=None,
    )


FAMILY = family.DescribedFamily(
    name="LogisticRegression",
    title=text.Text(en="Logistic regression", ru="Логистическая регрессия"),
    description=text.Text(
        en="A weighted sum of the columns, or of an image's pixels, turned into a probability. Quick, steady, easy to "
        "explain; the baseline.",
        ru="Взвешенная сумма столбцов или пикселей изображения, превращённая в вероятность. Быстрая, устойчивая, "
        "понятная; точка отсчёта.",
    ),
    hyperparameters=Hyperparameters,
    builder="kolba.ml_service.families.estimators.builders:logistic_regression",
    tasks=("classification", "image-classification"),
    image_learner="kolba.ml_service.training.images.linear:learn",
    image_defaults={"max_iter": 100, "tol": 0.001},
)
