"""Why the service cannot answer a protocol's question."""

from __future__ import annotations

from kolba.kit import errors, text


class NotReady(errors.KolbaError):
    status = 503
    slug = "not-ready"
    title = text.Text(en="Not ready for predictions", ru="К прогнозам не готово")
    detail = text.Text(
        en="Storage does not answer and no model is in memory. Try again in a moment.",
        ru="Хранилище не отвечает, и в памяти нет ни одной модели. Повторите чуть позже.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class NotOffered(errors.InvalidInput):
    """A model is loaded as it was registered, or not at all."""

    slug = "not-offered"

    def __init__(self, field: str) -> None:
        message = text.Text(
            en="a model's files and configuration cannot be sent along; leave it out",
            ru="файлы и настройки модели с запросом не присылают; уберите это",
        )
        super().__init__(fields=[errors.FieldError(field=field, message=message)])
