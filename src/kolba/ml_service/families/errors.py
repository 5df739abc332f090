"""What can be wrong with the choice of a family and its hyperparameters."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownFamily(errors.InvalidInput):
    slug = "unknown-family"
    title = text.Text(en="There is no such model family", ru="Такого семейства моделей нет")
    detail = text.Text(
        en="`{model_type}` is not a family. Choose one of {known}.",
        ru="`{model_type}` — не семейство. Выберите одно из: {known}.",
    )


class InvalidHyperparameters(errors.InvalidInput):
    slug = "invalid-hyperparameters"
    title = text.Text(en="The hyperparameters are not valid", ru="Неверные гиперпараметры")
