"""Why a picture cannot be read, or nothing can be seen in it."""

from __future__ import annotations

from typing import Any, Self

from kolba.inference import errors as inference_errors
from kolba.kit import errors, text


class ImageError(errors.KolbaError):
    """Any of them. `errors` names the field, so that one of many pictures can be found."""

    status = 422

    def __init__(self, *, field: str, message: text.Text, **details: Any) -> None:
        self.field = field
        self.message = message
        super().__init__(fields=[errors.FieldError(field=field[:200], message=message)], **details)

    def at(self, field: str, prefix: text.Text | None = None) -> Self:
        """The same of a picture that stands at `field`; `prefix` says in words where that is."""
        moved = type(self).__new__(type(self))
        moved.message = _joined(prefix, self.message)
        moved.field = field
        errors.KolbaError.__init__(
            moved,
            fields=[errors.FieldError(field=field[:200], message=moved.message)],
            **self.details,
        )
        return moved


class InvalidImage(ImageError):
    """It is no picture of a kind that is read here, or a damaged one. `reason` says what was found."""

    slug = "invalid-image"
    title = text.Text(en="The picture cannot be read", ru="Изображение не удалось прочитать")
    detail = text.Text(
        en="It {reason}. Send a PNG or JPEG file with one picture.",
        ru="Изображение {reason}. Пришлите файл PNG или JPEG с одной картинкой.",
    )

    def __init__(self, *, field: str, en: str, ru: str, **parameters: Any) -> None:
        reason = inference_errors.message(en, ru, **parameters)
        super().__init__(
            field=field,
            message=text.Text(en=f"it {reason.en}", ru=f"изображение {reason.ru}"),
            reason=text.Text(en=reason.en, ru=reason.ru),
        )


class ImageTooLarge(ImageError):
    status = 413
    slug = "image-too-large"
    title = text.Text(en="The picture is too large", ru="Изображение слишком велико")
    detail = text.Text(
        en="It is {found}; at most {limit} are read. Send a smaller one: a digit needs no more than 280 × 280.",
        ru="Размер: {found}, а читается не больше {limit}. Пришлите меньше: для цифры довольно 280 × 280.",
    )

    def __init__(self, *, field: str, found: text.Text, limit: text.Text) -> None:
        message = text.Text(
            en=f"{found.en}; at most {limit.en}", ru=f"{found.ru}; не больше {limit.ru}"
        )
        super().__init__(field=field, message=message, found=found, limit=limit)


class NothingDrawn(ImageError):
    """An empty sheet: to answer with some digit would be a guess about nothing."""

    slug = "nothing-drawn"
    title = text.Text(en="Nothing is drawn", ru="Ничего не нарисовано")
    detail = text.Text(
        en="The picture is empty, or too faint to see anything. Draw a digit and send it again.",
        ru="Изображение пусто или слишком бледно. Нарисуйте цифру и пришлите ещё раз.",
    )

    def __init__(self, *, field: str) -> None:
        super().__init__(
            field=field, message=text.Text(en="nothing is drawn", ru="ничего не нарисовано")
        )


def _joined(prefix: text.Text | None, message: text.Text) -> text.Text:
    if prefix is None:
        return message
    return text.Text(en=f"{prefix.en}: {message.en}", ru=f"{prefix.ru}: {message.ru}")
