"""Problem documents (RFC 9457): every failure leaves a service in this one shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import fastapi
import orjson
import structlog
from fastapi import exceptions as fastapi_exceptions
from starlette import exceptions as starlette_exceptions
from starlette import requests, responses, types

from kolba.kit import context, errors, text

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger("kolba.problems")

Explain = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Adds to the problem document of a path what the protocol spoken there expects."""

_RUSSIAN_KINDS = {
    "missing": "обязательное поле",
    "extra_forbidden": "такого поля нет",
}


class _PlainHttpError(errors.KolbaError):
    """What the framework itself refuses: an unknown path, a wrong method."""

    slug = "about-blank"

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None) -> None:
        self._status = status
        self._reason = reason
        super().__init__(headers=dict(headers or {}))

    def problem(self, language: text.Language) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": self._reason,
            "status": self._status,
            "detail": self._reason,
        }


def document(error: errors.KolbaError) -> dict[str, Any]:
    """The problem document of `error` for the present request."""
    request = context.current()
    return {**error.problem(request.language), "request_id": request.request_id}


def response(error: errors.KolbaError, scope: types.Scope) -> responses.Response:
    """The answer to the request of `scope`."""
    body = document(error)
    log(error, body)
    explain: Explain | None = getattr(scope["app"].state, "explain", None)
    if explain is not None:
        body = explain(scope["path"], body)
    return responses.Response(
        orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS),
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers={**error.headers, "Content-Language": context.current().language},
    )


def log(error: errors.KolbaError, body: Mapping[str, Any]) -> None:
    """A failure of ours is worth a line; only one that nobody expected is worth its traceback."""
    if body["status"] >= 500:
        is_unexpected = type(error) is errors.KolbaError
        _log.error("problem", problem=body, exc_info=error if is_unexpected else None)


def install(app: fastapi.FastAPI, explain: Explain | None = None) -> None:
    """Make every failure of `app` a problem document, to which `explain` may add."""
    app.state.explain = explain

    async def expected(request: requests.Request, error: Exception) -> responses.Response:
        assert isinstance(error, errors.KolbaError)
        return response(error, request.scope)

    async def invalid(request: requests.Request, error: Exception) -> responses.Response:
        assert isinstance(error, fastapi_exceptions.RequestValidationError)
        found = error.errors()
        if found[0]["type"] == "json_invalid":
            return response(errors.MalformedBody(reason=found[0]["ctx"]["error"]), request.scope)
        return response(errors.InvalidInput(fields=field_errors(found)), request.scope)

    async def plain(request: requests.Request, error: Exception) -> responses.Response:
        assert isinstance(error, starlette_exceptions.HTTPException)
        if error.status_code == 413:
            return response(errors.BodyTooLarge(), request.scope)
        return response(
            _PlainHttpError(error.status_code, str(error.detail), error.headers), request.scope
        )

    async def unexpected(request: requests.Request, error: Exception) -> responses.Response:
        _log.error("unexpected failure", exc_info=error)
        return response(errors.KolbaError(), request.scope)

    app.add_exception_handler(errors.KolbaError, expected)
    app.add_exception_handler(fastapi_exceptions.RequestValidationError, invalid)
    app.add_exception_handler(starlette_exceptions.HTTPException, plain)
    app.add_exception_handler(Exception, unexpected)


def field_errors(found: Sequence[Any]) -> list[errors.FieldError]:
    """Pydantic's findings as field errors. `loc` becomes a dotted path without `body`."""
    result = []
    for one in found[:50]:
        path = [str(part) for part in one["loc"] if part != "body"] or ["body"]
        english = _message(one)
        russian = _RUSSIAN_KINDS.get(one["type"], english)
        result.append(
            errors.FieldError(
                field=".".join(path),
                message=text.Text(en=_verbatim(english), ru=_verbatim(russian)),
            )
        )
    return result


def _message(found: Mapping[str, Any]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    return message[:500]


def _verbatim(message: str) -> str:
    """Braces in a ready message are no places for parameters."""
    return message.replace("{", "{{").replace("}", "}}")
