"""What is known of the request being served, for whoever logs, fails or calls on."""

from __future__ import annotations

import contextvars
import dataclasses
import uuid

from kolba.kit import text

REQUEST_ID_HEADER = "X-Request-ID"
PERSON_HEADER = "X-Kolba-Person"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    request_id: str
    language: text.Language = text.DEFAULT_LANGUAGE
    person: str = "local"
    """Who asks. The edge decides it: for now the local person; with sign-in, whom the token names."""


_current: contextvars.ContextVar[RequestContext | None] = contextvars.ContextVar("kolba", default=None)


def current() -> RequestContext:
    """The present request's context; outside any request, a fresh anonymous one."""
    return _current.get() or RequestContext(request_id=new_request_id(), person="system")


def bound() -> RequestContext | None:
    """The present request's context, or None outside any request."""
    return _current.get()


def bind(context: RequestContext) -> contextvars.Token[RequestContext | None]:
    return _current.set(context)


def unbind(token: contextvars.Token[RequestContext | None]) -> None:
    _current.reset(token)


def new_request_id() -> str:
    return uuid.uuid4().hex


def outgoing_headers() -> dict[str, str]:
    """What a call to another service carries, so that logs join up and errors come in the reader's language."""
    context = current()
    return {
        REQUEST_ID_HEADER: context.request_id,
        "Accept-Language": context.language,
        PERSON_HEADER: context.person,
    }
