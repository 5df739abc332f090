"""The one error root. A feature's errors are small subclasses kept in its own `errors.py`.

The class carries what is stable (status, type, texts); the instance carries the particulars, which fill the texts
and travel as members of the problem document (RFC 9457).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from kolba.kit import text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field: its path (`hyperparameters.max_depth`) and what to do about it."""

    field: str
    message: text.Text | str

    def render(self, language: text.Language) -> dict[str, str]:
        message = self.message
        shown = message if isinstance(message, str) else message.render(language)
        return {"field": self.field, "message": shown}


class KolbaError(Exception):
    """Root of all expected failures. `details` fill the `{…}` of the texts and appear in the problem document."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[text.Text] = text.Text(en="Something went wrong inside", ru="Внутренняя ошибка")
    detail: ClassVar[text.Text] = text.Text(
        en="The service failed. Try again; if it happens again, give the operator the request id.",
        ru="Сервис не справился. Повторите; если повторится, передайте оператору номер запроса.",
    )

    def __init__(
        self,
        *,
        fields: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        **details: Any,
    ) -> None:
        self.fields = tuple(fields)
        self.headers = headers or {}
        self.details = details
        super().__init__(self.render_detail("en"))

    def render_detail(self, language: text.Language) -> str:
        return self.detail.render(language, **self.details)

    def problem(self, language: text.Language) -> dict[str, Any]:
        """The RFC 9457 members, without `instance` and `request_id`, which only the edge knows."""
        document: dict[str, Any] = {
            **text.in_language(self.details, language),
            "type": f"urn:kolba:problem:{self.slug}",
            "title": self.title.render(language, **self.details),
            "status": self.status,
            "detail": self.render_detail(language),
        }
        if self.fields:
            document["errors"] = [field.render(language) for field in self.fields]
        return document


class InvalidInput(KolbaError):
    """The request was understood but a field of it is wrong; `fields` says which and why."""

    status = 422
    slug = "invalid-input"
    title = text.Text(en="The input is not valid", ru="Неверные входные данные")
    detail = text.Text(
        en="See `errors`: each names a field and says what to do.",
        ru="Смотрите `errors`: там названо каждое поле и сказано, что делать.",
    )


class MalformedBody(KolbaError):
    status = 400
    slug = "malformed-body"
    title = text.Text(en="The body could not be read", ru="Тело запроса не удалось прочитать")
    detail = text.Text(
        en="Send valid JSON (RFC 8259): {reason}.",
        ru="Пришлите правильный JSON (RFC 8259): {reason}.",
    )


class BodyTooLarge(KolbaError):
    status = 413
    slug = "body-too-large"
    title = text.Text(en="The body is too large", ru="Тело запроса слишком велико")
    detail = text.Text(
        en="It is larger than `http.max_body_bytes` allows here. Send less, or upload it as a data set.",
        ru="Оно больше, чем здесь позволяет `http.max_body_bytes`. Пришлите меньше или загрузите как набор данных.",
    )


class NotFound(KolbaError):
    """Subclass it with a text that names what was looked for."""

    status = 404
    slug = "not-found"
    title = text.Text(en="Not found", ru="Не найдено")
    detail = text.Text(en="There is nothing here.", ru="Здесь ничего нет.")


class Conflict(KolbaError):
    status = 409
    slug = "conflict"
    title = text.Text(en="In conflict with the present state", ru="Противоречит текущему состоянию")
    detail = text.Text(en="{reason}", ru="{reason}")


class ServiceUnavailable(KolbaError):
    """Another service of the house did not answer; the caller may try again."""

    status = 503
    slug = "service-unavailable"
    title = text.Text(en="A service is not answering", ru="Сервис не отвечает")
    detail = text.Text(
        en="`{service}` did not answer. Try again in a moment; `kolba status` shows its state.",
        ru="`{service}` не ответил. Повторите чуть позже; его состояние покажет `kolba status`.",
    )

    def __init__(self, *, service: str, was_asked: bool = True, **details: Any) -> None:
        """`was_asked`: whether it may have heard the question; False: there was no connection to it."""
        self.service = service
        self.was_asked = was_asked
        super().__init__(service=service, headers={"Retry-After": "1"}, **details)


class TooBusy(KolbaError):
    """As much as may wait for its turn waits already."""

    status = 503
    slug = "too-busy"
    title = text.Text(en="Too many requests are waiting", ru="Слишком много запросов в очереди")
    detail = text.Text(
        en="{waiting} of this kind are waiting already. Try again in a moment, send fewer, or run more replicas.",
        ru="Таких уже ждёт: {waiting}. Повторите чуть позже, шлите меньше сразу или запустите больше реплик.",
    )

    def __init__(self, *, waiting: int) -> None:
        super().__init__(waiting=waiting, headers={"Retry-After": "1"})


class TokenRefused(ServiceUnavailable):
    """Another service does not believe who asks: the house's fault, and nothing that a person could sign in for."""

    slug = "token-refused"
    title = text.Text(en="A service does not know this one", ru="Сервис не узнал обращающегося")
    detail = text.Text(
        en="`{service}` did not accept a token of Kolba's own. Try again; if it stays so, let the operator see that "
        "all services share one `auth.keys_dir` and that their clocks agree.",
        ru="`{service}` не принял токен самой Kolba. Повторите; если не поможет, пусть оператор проверит, что у всех "
        "служб общий `auth.keys_dir` и что их часы не расходятся.",
    )


class StorageFull(KolbaError):
    status = 507
    slug = "storage-full"
    title = text.Text(en="The disk is full", ru="Диск заполнен")
    detail = text.Text(
        en="There is no space left to keep this. Nothing was saved; free some space and try again.",
        ru="Места больше нет. Ничего не сохранено; освободите место и повторите.",
    )


class RemoteProblem(KolbaError):
    """Another service answered with a problem document; it is passed on as it came."""

    slug = "remote-problem"

    def __init__(self, *, service: str, status: int, document: dict[str, Any]) -> None:
        self.remote_status = status
        self.document = document
        self.service = service
        super().__init__(headers={"Retry-After": "1"} if status == 503 else None)

    @property
    def remote_slug(self) -> str:
        """The stable last part of the problem's type, such as `unknown-dataset`."""
        return str(self.document.get("type", "")).rpartition(":")[2]

    def problem(self, language: text.Language) -> dict[str, Any]:
        passed_on = {k: v for k, v in self.document.items() if k not in ("request_id", "instance")}
        return {**passed_on, "status": self.remote_status}

    def __str__(self) -> str:
        return f"{self.service}: {self.remote_status} {self.document.get('detail', '')}"
