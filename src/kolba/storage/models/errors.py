"""What can go wrong with a model."""

from __future__ import annotations

from collections.abc import Sequence

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


class UnknownModelName(errors.NotFound):
    slug = "unknown-model-name"
    title = text.Text(en="There is no model of this name", ru="Модели с таким именем нет")
    detail = text.Text(
        en="There is no model `{model}`. {hint}",
        ru="Модели `{model}` нет. {hint}",
    )

    def __init__(self, *, model: str, known: Sequence[str]) -> None:
        listed = ", ".join(known)
        hint = text.Text(
            en=text.verbatim(f"Some that there are: {listed}." if known else "Train one first."),
            ru=text.verbatim(f"Есть, например: {listed}." if known else "Сначала обучите модель."),
        )
        super().__init__(model=model, known=list(known), hint=hint)


class UnknownVersion(errors.NotFound):
    slug = "unknown-version"
    title = text.Text(en="The model has no such version", ru="Такой версии у модели нет")
    detail = text.Text(
        en="`{model}` has no version or alias `{reference}`. Its newest versions: {newest}. Its aliases: {named}.",
        ru="У `{model}` нет ни версии, ни псевдонима `{reference}`. Новейшие версии: {newest}. Псевдонимы: {named}.",
    )

    def __init__(
        self, *, model: str, reference: str, versions: Sequence[str], aliases: Sequence[str]
    ) -> None:
        super().__init__(
            model=model,
            reference=reference,
            versions=list(versions),
            aliases=list(aliases),
            newest=", ".join(versions),
            named=", ".join(aliases) or "—",
        )
