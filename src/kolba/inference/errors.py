"""What can be wrong with rows to predict, and with a bundle."""

from __future__ import annotations

from typing import Any

from kolba.kit import errors, text


def message(en: str, ru: str, **parameters: Any) -> text.Text:
    """A finished message: `parameters` are filled in, and braces among them do no harm."""
    filled = text.Text(en=en, ru=ru)
    return text.Text(
        en=filled.render("en", **parameters).replace("{", "{{").replace("}", "}}"),
        ru=filled.render("ru", **parameters).replace("{", "{{").replace("}", "}}"),
    )


class InvalidRows(errors.InvalidInput):
    """Rows that do not fit the model's signature; `fields` names the first few faults."""

    slug = "invalid-rows"
    title = text.Text(en="The rows do not fit the model", ru="Строки не подходят модели")


class BadBundle(errors.KolbaError):
    """A bundle that is damaged, or is not one of ours. `reason` says what was found."""

    status = 422
    slug = "bad-bundle"
    title = text.Text(en="The model bundle is not valid", ru="Пакет модели неверен")
    detail = text.Text(
        en="The bundle was refused: {reason}. Train or upload the model again.",
        ru="Пакет отклонён: {reason}. Обучите или загрузите модель заново.",
    )
