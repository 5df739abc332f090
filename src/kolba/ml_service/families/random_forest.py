"""Random forest."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from kolba.kit import text
from kolba.ml_service.families import family

Share = Annotated[float, pydantic.Field(gt=0, le=1)]


class Hyperparameters(family.Hyperparameters):
    n_estimators: int = family.described(
        "The number of trees: more are steadier and slower.",
        "Число деревьев: больше — устойчивее и медленнее.",
        default=100,
        ge=1,
        le=2000,
    )
    max_depth: int | None = family.described(
        "How many questions a tree asks at most; null lets it grow until every leaf is pure.",
        "Сколько вопросов самое большее задаёт дерево; null — пока каждый лист не станет чистым.",
        default=10,
        ge=1,
        le=64,
    )
    min_samples_split: int = family.described(
        "A node with fewer rows is not split.",
        "Узел с меньшим числом строк не делится.",
        default=2,
        ge=2,
        le=100_000,
    )
    min_samples_leaf: int = family.described(
        "A leaf keeps at least so many rows: more makes the forest smoother, smaller and steadier.",
        "В листе остаётся не меньше стольких строк: больше — лес глаже, меньше и устойчивее.",
        default=3,
        ge=1,
        le=100_000,
    )
    max_features: Literal["sqrt", "log2"] | Share | None = family.described(
        "How many columns a split chooses from: a rule, a share, or null for all.",
        "Из скольких столбцов выбирает разделение: правило, доля или null — из всех.",
        default="sqrt",
    )
    criterion: Literal["gini", "entropy", "log_loss"] = family.described(
        "What a good split is measured by.", "Чем измеряется качество разделения.", default="gini"
    )
    bootstrap: bool = family.described(
        "Whether each tree sees a random sample of the rows.",
        "Видит ли каждое дерево случайную выборку строк.",
        default=True,
    )
    class_weight: Literal["balanced", "balanced_subsample"] | None = family.described(
        "`balanced` weighs each class by the inverse of its frequency.",
        "`balanced` взвешивает классы обратно их частоте.",
        default=None,
    )


FAMILY = family.DescribedFamily(
    name="RandomForest",
    title=text.Text(en="Random forest", ru="Случайный лес"),
    description=text.Text(
        en="Many decision trees, each grown on a random part of the data, that vote. Good without tuning.",
        ru="Множество решающих деревьев, каждое на случайной части данных; они голосуют. Хорош без настройки.",
    ),
    hyperparameters=Hyperparameters,
    builder="kolba.ml_service.families.estimators.builders:random_forest",
)
