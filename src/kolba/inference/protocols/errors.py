"""What can be wrong with a request for predictions, whatever protocol it speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kolba.inference import errors as inference_errors
from kolba.inference import images
from kolba.kit import errors, text


class InvalidQuery(errors.InvalidInput):
    """The request is JSON, but not what its protocol says; `fields` names what and how to put it right."""

    slug = "invalid-query"
    title = text.Text(
        en="The request does not fit the protocol", ru="Запрос не соответствует протоколу"
    )


class TooManyRows(errors.KolbaError):
    status = 413
    slug = "too-many-rows"
    title = text.Text(en="Too many rows at once", ru="Слишком много строк сразу")
    detail = text.Text(
        en="{rows} rows; at most {limit} are answered at once. Send fewer, or ask for a batch prediction.",
        ru="Строк: {rows}, а можно не более {limit} сразу. Пришлите меньше или закажите пакетный прогноз.",
    )


class UnsupportedMediaType(errors.KolbaError):
    status = 415
    slug = "unsupported-media-type"
    title = text.Text(
        en="This kind of body is not understood", ru="Тело такого вида здесь не понимают"
    )
    detail = text.Text(
        en="`Content-Type: {content_type}` is not understood here; send {accepted}.",
        ru="`Content-Type: {content_type}` здесь не понимают; пришлите {accepted}.",
    )


def refusal(field: str, en: str, ru: str, **parameters: Any) -> InvalidQuery:
    """One fault: its place, and what to do about it in both languages."""
    message = inference_errors.message(en, ru, **parameters)
    return InvalidQuery(fields=[errors.FieldError(field=field[:200], message=message)])


def relocated(
    error: inference_errors.InvalidRows, place: Callable[[str, str], str]
) -> inference_errors.InvalidRows:
    """The same faults, named as the protocol names the places.

    `place` gets the number of a row and a column's name, each "" where a fault concerns none.
    """
    return inference_errors.InvalidRows(
        fields=[
            errors.FieldError(field=_placed(fault.field, place), message=fault.message)
            for fault in error.fields
        ]
    )


def moved(error: images.ImageError, place: Callable[[str, str], str]) -> images.ImageError:
    """As `relocated`, of the one picture that could not be read."""
    return error.at(_placed(error.field, place))


def _placed(field: str, place: Callable[[str, str], str]) -> str:
    _, _, rest = field.partition(".")
    row, _, column = rest.partition(".") if rest[:1].isdigit() else ("", "", rest)
    return place(row, column)
