"""What can go wrong with a model."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownModel(errors.NotFound):
    slug = "unknown-model"
    title = text.Text(en="There is no such model", ru="Такой модели нет")
    detail = text.Text(
        en="There is no model {model_id}. GET /models lists what there is.",
        ru="Модели {model_id} нет. Список: GET /models.",
    )


class BundleDiffers(errors.InvalidInput):
    """The file that was uploaded is not the bundle that is meant."""

    slug = "bundle-differs"

    def __init__(self, *, expected: str, found: str) -> None:
        message = text.Text(
            en=f"the file has SHA-256 {found}, not {expected}; upload the bundle again",
            ru=f"у файла SHA-256 {found}, а не {expected}; загрузите модель заново",
        )
        fault = errors.FieldError(field="bundle_sha256", message=message)
        super().__init__(fields=[fault], expected=expected, found=found)
