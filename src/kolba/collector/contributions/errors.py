"""Why a contribution is not taken, or not there."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownContribution(errors.NotFound):
    slug = "unknown-contribution"
    title = text.Text(en="There is no such contribution", ru="Такого вклада нет")
    detail = text.Text(
        en="You have no contribution {contribution_id}. GET /user-data lists yours.",
        ru="Вклада {contribution_id} у вас нет. Ваши вклады: GET /user-data.",
    )


class ContributionsFull(errors.KolbaError):
    """One of the limits of the settings is reached."""

    status = 409
    slug = "contributions-full"
    title = text.Text(en="No more can be contributed", ru="Больше внести нельзя")
    detail = text.Text(
        en="{what} may have {limit} here, and with this there would be more. Delete some, or ask the operator to raise "
        "`contributions.{setting}`.",
        ru="Предел здесь ({what}): {limit}, и с этим изображением он был бы превышен. Удалите лишнее или попросите "
        "оператора увеличить `contributions.{setting}`.",
    )


def too_many(limit: int) -> ContributionsFull:
    return ContributionsFull(
        what=text.Text(en="One person", ru="на одного человека"),
        limit=text.Text(en=f"{limit} images", ru=f"изображений {limit}"),
        setting="max_per_person",
    )


def too_much_of_one(limit: int) -> ContributionsFull:
    return ContributionsFull(
        what=text.Text(en="One person", ru="на одного человека"),
        limit=text.Text(en=f"{limit} bytes", ru=f"байт {limit}"),
        setting="max_bytes_per_person",
    )


def too_much_of_all(limit: int) -> ContributionsFull:
    return ContributionsFull(
        what=text.Text(en="All people together", ru="на всех вместе"),
        limit=text.Text(en=f"{limit} bytes", ru=f"байт {limit}"),
        setting="max_bytes",
    )


def wrong_digit(field: str) -> errors.InvalidInput:
    message = text.Text(
        en="must be one of the digits 0 … 9", ru="должна быть одна из цифр от 0 до 9"
    )
    return errors.InvalidInput(fields=[errors.FieldError(field=field, message=message)])


def contradiction() -> errors.InvalidInput:
    message = text.Text(
        en="contradicts `predicted` and `label`; leave it out, it is found out from them",
        ru="противоречит `predicted` и `label`; не указывайте: это видно из них",
    )
    return errors.InvalidInput(fields=[errors.FieldError(field="was_wrong", message=message)])


def no_image() -> errors.InvalidInput:
    message = text.Text(
        en="send the image as a file in the field `file`",
        ru="пришлите изображение файлом в поле `file`",
    )
    return errors.InvalidInput(fields=[errors.FieldError(field="file", message=message)])


class WrongForm(errors.KolbaError):
    status = 415
    slug = "wrong-contribution-type"
    title = text.Text(en="Not in this form", ru="В таком виде не принимается")
    detail = text.Text(
        en="Send JSON (`application/json`) or a form with a file (`multipart/form-data`), not `{given}`.",
        ru="Пришлите JSON (`application/json`) или форму с файлом (`multipart/form-data`), а не `{given}`.",
    )
