"""What of an answer is kept to be given again."""

from __future__ import annotations

from collections.abc import Mapping

from kolba.kit import errors, text
from kolba.web_master.idempotency import repository

_HEADERS = (
    "content-disposition",
    "content-language",
    "content-type",
    "etag",
    "inference-header-content-length",
    "location",
    "preference-applied",
    "vary",
)


def answer(status: int, headers: Mapping[str, str], content: bytes | None) -> repository.Answer:
    """`headers` must find lower-case names. What is not to be stored anywhere (a new token) is not stored here."""
    if "no-store" in headers.get("cache-control", ""):
        return repository.Answer(status=status, headers={}, content=None)
    kept = {name: headers[name] for name in _HEADERS if name in headers}
    return repository.Answer(status=status, headers=kept, content=content)


def status_of(error: BaseException) -> int:
    """What the edge will answer to it."""
    if isinstance(error, errors.KolbaError):
        return int(error.problem(text.DEFAULT_LANGUAGE)["status"])
    return 500
