"""What can be wrong with an idempotency key."""

from __future__ import annotations

from kolba.kit import errors, text

HEADER = "Idempotency-Key"


class InvalidKey(errors.InvalidInput):
    def __init__(self) -> None:
        message = text.Text(
            en="send one key of 1 to 255 visible ASCII characters, such as a UUID",
            ru="пришлите один ключ из 1–255 видимых символов ASCII, например UUID",
        )
        super().__init__(fields=[errors.FieldError(field=HEADER, message=message)])


class KeyReused(errors.KolbaError):
    status = 422
    slug = "idempotency-key-reused"
    title = text.Text(
        en="This key belongs to another request", ru="Этот ключ принадлежит другому запросу"
    )
    detail = text.Text(
        en="`Idempotency-Key` was sent before with another path or another body. Nothing was done; use a new key.",
        ru="`Idempotency-Key` уже приходил с другим путём или другим телом. Ничего не сделано; возьмите новый ключ.",
    )


class StillRunning(errors.KolbaError):
    status = 409
    slug = "idempotency-key-running"
    title = text.Text(en="The first one is still running", ru="Первый запрос ещё выполняется")
    detail = text.Text(
        en="A request with this `Idempotency-Key` is being worked on. Send it again in {seconds} s for its answer.",
        ru="Запрос с этим `Idempotency-Key` ещё выполняется. Повторите через {seconds} с, чтобы получить его ответ.",
    )

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds, headers={"Retry-After": str(seconds)})


class MayBeDone(errors.KolbaError):
    status = 409
    slug = "idempotent-deed-unknown"
    title = text.Text(en="It may have been done already", ru="Возможно, это уже сделано")
    detail = text.Text(
        en="An earlier request with this `Idempotency-Key` was broken off, and nobody can tell from here whether it "
        "had been done by then. Look whether it was; if not, send it with a new key.",
        ru="Предыдущий запрос с этим `Idempotency-Key` оборвался, и отсюда не узнать, успел ли он выполниться. "
        "Посмотрите, сделано ли это; если нет, повторите с новым ключом.",
    )


class AnswerNotKept(errors.KolbaError):
    status = 409
    slug = "idempotent-answer-not-kept"
    title = text.Text(
        en="It was done; its answer is not kept", ru="Это уже сделано; ответ не сохранён"
    )
    detail = text.Text(
        en="The first request with this `Idempotency-Key` succeeded with status {given} and was not repeated. Its "
        "answer was too long, or too secret, to keep.",
        ru="Первый запрос с этим `Idempotency-Key` удался со статусом {given} и не повторялся. Его ответ слишком "
        "длинный или слишком секретный, чтобы его хранить.",
    )
