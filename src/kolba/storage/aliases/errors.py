"""What can go wrong with aliases."""

from __future__ import annotations

from collections.abc import Sequence

from kolba.kit import errors, text


class UnknownAlias(errors.NotFound):
    slug = "unknown-alias"
    title = text.Text(en="There is no such alias", ru="Такого псевдонима нет")
    detail = text.Text(
        en="`{model}` has no alias `{alias}`. PUT /aliases/{model}/{alias} with a version makes it.",
        ru="У `{model}` нет псевдонима `{alias}`. Его создаст PUT /aliases/{model}/{alias} с версией.",
    )


class NothingToGoBackTo(errors.Conflict):
    slug = "nothing-to-go-back-to"
    title = text.Text(en="There is nothing to go back to", ru="Возвращаться не к чему")
    detail = text.Text(
        en="Before, `{alias}` of `{model}` pointed to no version that still exists. Move it with PUT instead.",
        ru="Раньше `{alias}` модели `{model}` не указывал ни на одну из оставшихся версий. Задайте версию через PUT.",
    )


class AliasMoved(errors.Conflict):
    """It does not point to where it was expected to."""

    slug = "alias-moved"
    title = text.Text(en="The alias points elsewhere", ru="Псевдоним указывает на другую версию")
    detail = text.Text(
        en="`{alias}` of `{model}` points to {found}, not to what was expected. Look at it again, then decide.",
        ru="`{alias}` модели `{model}` указывает не туда, куда ожидалось: {found}. Посмотрите ещё раз и решите заново.",
    )


class UnfitTarget(errors.InvalidInput):
    """The move names no version, or none of this model."""

    slug = "unfit-target"

    def __init__(self, field: str, message: text.Text) -> None:
        super().__init__(fields=[errors.FieldError(field=field, message=message)])


def neither() -> UnfitTarget:
    return UnfitTarget(
        "version",
        text.Text(
            en="say where to: `version` (its name) or `model_id`",
            ru="укажите, куда: `version` (имя версии) или `model_id`",
        ),
    )


def not_of_this_model(field: str, model: str, versions: Sequence[str]) -> UnfitTarget:
    newest = ", ".join(versions)
    return UnfitTarget(
        field,
        text.Text(
            en=text.verbatim(f"this is no version of `{model}`; its newest are: {newest}"),
            ru=text.verbatim(f"это не версия модели `{model}`; новейшие: {newest}"),
        ),
    )


def disagreeing() -> UnfitTarget:
    return UnfitTarget(
        "version",
        text.Text(
            en="`version` and `model_id` name different versions; send one of them",
            ru="`version` и `model_id` указывают на разные версии; пришлите что-то одно",
        ),
    )
