"""K nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kolba.kit import text
from kolba.ml_service.families import family


class Hyperparameters(family.Hyperparameters):
    n_neighbors: int = family.described(
        "How many of the nearest training rows vote.",
        "Сколько ближайших строк обучения голосует.",
        default=5,
        ge=1,
        le=1000,
    )
    weights: Literal["uniform", "distance"] = family.described(
        "`uniform`: every neighbour counts alike; `distance`: the nearer, the more.",
        "`uniform`: все соседи равны; `distance`: чем ближе, тем весомее.",
        default="uniform",
    )


def _rows_needed(hyperparameters: Mapping[str, Any]) -> int:
    return int(hyperparameters["n_neighbors"])


FAMILY = family.DescribedFamily(
    name="KNN",
    title=text.Text(en="K nearest neighbours", ru="K ближайших соседей"),
    description=text.Text(
        en="Looks up the training rows most like the new one and lets them vote. The model is the data itself.",
        ru="Находит самые похожие строки обучения, и они голосуют. Модель — это сами данные.",
    ),
    hyperparameters=Hyperparameters,
    builder="kolba.ml_service.families.estimators.builders:knn",
    number_type="float64",
    rows_needed=_rows_needed,
)
