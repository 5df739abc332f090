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


class NotTunable(errors.InvalidInput):
    slug = "not-tunable"
    title = text.Text(en="This model cannot be trained on", ru="Эту модель нельзя дообучить")

    def __init__(self, family: str) -> None:
        message = text.Text(
            en=text.verbatim(
                f"a model of the family {family} is trained anew, not on; choose a CNN"
            ),
            ru=text.verbatim(
                f"модели семейства {family} обучают заново, а не дообучают; выберите CNN"
            ),
        )
        super().__init__(fields=[errors.FieldError(field="model_id", message=message)])


class InvalidHyperparameters(errors.InvalidInput):
    slug = "invalid-hyperparameters"
    title = text.Text(en="The hyperparameters are not valid", ru="Неверные гиперпараметры")
