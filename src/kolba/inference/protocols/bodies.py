"""A request's body: what kind it says it is, and reading it as JSON or as text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from kolba.inference import decoding, images
from kolba.inference import errors as inference_errors
from kolba.inference.protocols import errors, exchange
from kolba.kit import errors as kit_errors

CSV_TYPES = frozenset({"text/csv", "application/csv"})
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "koi8-r": "koi8-r",
    "utf-16": "utf-16",
}
"""The encodings that a CSV text may name. Others that Python knows are no encodings of text, or slow to read."""
_CSV_ACCEPTED = "application/json, text/csv (charset=utf-8)"
_LONGEST = 256
_FORM = "application/x-www-form-urlencoded"
_OPENINGS = (b"{", b"[")


def is_csv(content_type: str | None, body: bytes) -> bool:
    """Whether the body is CSV rather than JSON. Raises `UnsupportedMediaType` when it says to be neither."""
    if is_json(content_type, body):
        return False
    assert content_type is not None
    if _parsed(content_type)[0] in CSV_TYPES:
        return True
    raise unsupported(content_type, _CSV_ACCEPTED)


def check_json(content_type: str | None, body: bytes, also: frozenset[str] = frozenset()) -> None:
    """Raises `UnsupportedMediaType` unless the body says to be JSON, or nothing, or one of `also`."""
    if is_json(content_type, body):
        return
    assert content_type is not None
    if _parsed(content_type)[0] not in also:
        raise unsupported(content_type, exchange.JSON)


def is_json(content_type: str | None, body: bytes) -> bool:
    """Whether the body is to be read as JSON: it says so, or says nothing, or was typed with a plain `curl -d`.

    curl calls everything a form unless it is told otherwise; no form begins as JSON does. Raises
    `UnsupportedMediaType` for a content type of great length.
    """
    if content_type is None or content_type == exchange.JSON:
        return True
    media, charset = _parsed(content_type)
    if media == _FORM:
        return body[:_LONGEST].lstrip()[:1] in _OPENINGS
    return _is_json(media, charset)


def unsupported(content_type: str, accepted: str) -> errors.UnsupportedMediaType:
    return errors.UnsupportedMediaType(content_type=content_type[:_LONGEST], accepted=accepted)


def load(body: bytes | memoryview) -> Any:
    """The JSON document in `body`. Raises `MalformedBody`; NaN and infinity are not JSON (RFC 8259)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise kit_errors.MalformedBody(reason=_reason(error, bytes(body))) from None


def csv_text(body: bytes, content_type: str | None) -> str:
    """The CSV text in `body`, by the charset its content type names, else UTF-8.

    Raises `UnsupportedMediaType` for a charset that is not read here, `InvalidQuery` for bytes that are not in it.
    """
    charset = _parsed(content_type)[1] if content_type else None
    encoding = _CHARSETS.get(charset or "utf-8")
    if encoding is None:
        raise unsupported(content_type or "", f"text/csv; charset={'|'.join(_CHARSETS)}")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise errors.refusal(
            "body",
            "byte {place} is not {charset}; name the text's encoding as `Content-Type: text/csv; charset=…`",
            "байт {place} не в кодировке {charset}; назовите её: `Content-Type: text/csv; charset=…`",
            place=error.start,
            charset=charset or "utf-8",
        ) from None


def csv_rows(model: exchange.Model, content: str, field: str) -> decoding.Features:
    """The rows of a CSV text. Raises `TooManyRows` before it is read, and what the decoder raises."""
    check_count(model, content.count("\n", 0, len(content) - 1))
    try:
        return model.decoder.csv(content)
    except inference_errors.InvalidRows as error:
        raise errors.relocated(error, lambda row, column: _path(field, row, column)) from None
    except images.ImageError as error:
        raise errors.moved(error, lambda row, column: _path(field, row, column)) from None


def check_count(model: exchange.Model, count: int) -> None:
    """Raises `TooManyRows`."""
    if count > model.max_rows:
        raise errors.TooManyRows(rows=count, limit=model.max_rows)


def rows(model: exchange.Model, found: Sequence[Any], field: str) -> decoding.Features:
    """Rows that are objects, as JSON gave them. Raises `TooManyRows` and what the decoder raises."""
    check_count(model, len(found))
    return located(model, found, lambda row, column: _path(field, row, column))


def located(
    model: exchange.Model, found: Sequence[Any], place: Callable[[str, str], str]
) -> decoding.Features:
    """Decode rows, and name faults by `place(row, column)`."""
    try:
        return model.decoder.rows(found)
    except inference_errors.InvalidRows as error:
        raise errors.relocated(error, place) from None
    except images.ImageError as error:
        raise errors.moved(error, place) from None


def _path(*parts: str) -> str:
    return ".".join(part for part in parts if part) or "body"


@functools.lru_cache(maxsize=128)
def _parsed(content_type: str) -> tuple[str, str | None]:
    """A content type's media type and charset, in lower case. Raises `UnsupportedMediaType` for one of great length."""
    if len(content_type) > _LONGEST:
        raise unsupported(content_type, _CSV_ACCEPTED)
    media, _, parameters = content_type.lower().partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            charset = value.strip().strip('"')
    return media.strip(), charset


def _is_json(media: str, charset: str | None) -> bool:
    return (
        media == exchange.JSON or (media.startswith("application/") and media.endswith("+json"))
    ) and (charset in (None, "utf-8", "utf8"))


def _reason(error: orjson.JSONDecodeError, body: bytes) -> str:
    found = str(error)
    if (
        error.doc[error.pos : error.pos + 9]
        .lstrip("-")
        .startswith(("NaN", "nan", "Infinity", "Inf"))
    ):
        return f"{found}: NaN and infinity are not JSON, write null where a value is missing"
    return found if body.strip() else "the body is empty"
