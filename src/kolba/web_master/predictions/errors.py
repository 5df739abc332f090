"""How a prediction can fail on its way."""

from __future__ import annotations

from kolba.kit import errors, text


class Overloaded(errors.KolbaError):
    status = 503
    slug = "overloaded"
    title = text.Text(en="Too many requests are waiting", ru="Слишком много запросов в очереди")
    detail = text.Text(
        en="Model `{model}` has {waiting} requests waiting. Try again in a second, or send fewer at once.",
        ru="У модели `{model}` уже {waiting} запросов в очереди. Повторите через секунду или шлите меньше сразу.",
    )

    def __init__(self, *, model: str, waiting: int) -> None:
        super().__init__(model=model, waiting=waiting, headers={"Retry-After": "1"})


class DeadlineExceeded(errors.KolbaError):
    status = 504
    slug = "deadline-exceeded"
    title = text.Text(en="No answer in time", ru="Ответ не успел")
    detail = text.Text(
        en="Model `{model}` did not answer within {seconds} s. Nothing was recorded or charged; try again.",
        ru="Модель `{model}` не ответила за {seconds} с. Ничего не записано и не списано; повторите.",
    )


class TooLargeForLater(errors.KolbaError):
    status = 413
    slug = "too-large-for-later"
    title = text.Text(
        en="The request is too large to be kept for later",
        ru="Запрос слишком велик, чтобы ждать очереди",
    )
    detail = text.Text(
        en="It has {size_bytes} bytes; with `Prefer: respond-async` at most {limit_bytes}. Send the rows as a CSV or "
        "Parquet file to POST /batch-predictions.",
        ru="В нём {size_bytes} байт; с `Prefer: respond-async` не больше {limit_bytes}. Пришлите строки файлом CSV или "
        "Parquet в POST /batch-predictions.",
    )


class BrokenAnswer(errors.KolbaError):
    """The ML service's answer does not fit the question; a defect, never the caller's fault."""

    status = 502
    slug = "broken-answer"
    title = text.Text(en="The model's answer is broken", ru="Ответ модели испорчен")
    detail = text.Text(
        en="The ML service answered {got} rows where {expected} were asked. Give the operator the request id.",
        ru="Сервис ML ответил на {got} строк вместо {expected}. Передайте оператору номер запроса.",
    )
