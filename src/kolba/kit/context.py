"""What is known of the request being served, for whoever logs, fails or calls on."""

from __future__ import annotations

import contextlib
import contextvars
import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from kolba.kit import identity, text

REQUEST_ID_HEADER = "x-request-id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestContext(NamedTuple):
    request_id: str
    language: text.Language = text.DEFAULT_LANGUAGE
    person: identity.Person = identity.NOBODY
    """Who asks, as the edge's authenticator found; until it has, nobody, so that what is forgotten shows nothing."""


_current: contextvars.ContextVar[RequestContext | None] = contextvars.ContextVar(
    "kolba", default=None
)


def current() -> RequestContext:
    """The present request's context; outside any request, a fresh one of the system itself."""
    return _current.get() or RequestContext(request_id=new_request_id(), person=identity.SYSTEM)


def bound() -> RequestContext | None:
    """The present request's context, or None outside any request."""
    return _current.get()


def bind(context: RequestContext) -> contextvars.Token[RequestContext | None]:
    return _current.set(context)


def identify(person: identity.Person) -> None:
    """Enter who asks into the present request's context."""
    present = current()
    _current.set(
        RequestContext(request_id=present.request_id, language=present.language, person=person)
    )


@contextlib.contextmanager
def acting_as(person: identity.Person) -> Iterator[None]:
    """What the block does, and has other services do, `person` does."""
    token = _current.set(current()._replace(person=person))
    try:
        yield
    finally:
        _current.reset(token)


def unbind(token: contextvars.Token[RequestContext | None]) -> None:
    _current.reset(token)


def new_request_id() -> str:
    """Unique, not secret: no system call is spent on it."""
    return f"{random.getrandbits(128):032x}"


def accept_request_id(given: str | None) -> str:
    """The id a caller gave, where it is sound; otherwise a new one."""
    return given if given and _ACCEPTABLE_ID.fullmatch(given) else new_request_id()


def outgoing_headers() -> dict[str, str]:
    """What a call to another service carries, so that logs join up and errors come in the reader's language."""
    context = current()
    return {
        REQUEST_ID_HEADER: context.request_id,
        "Accept-Language": context.language,
    }
