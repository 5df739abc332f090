"""Where a model reads a picture: which forms a request may have then, and what its history keeps of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kolba.inference import decoding, images, signature
from kolba.inference.protocols import errors, exchange, forms

_FIELDS = ("file", "image")
"""Of a form."""
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def sole(found: signature.Signature) -> str | None:
    """The name of the model's one column, if that is an image: then a picture needs no name in a request."""
    if len(found.columns) == 1 and found.columns[0].kind == "image":
        return found.columns[0].name
    return None


def files(body: bytes, content_type: str | None) -> list[bytes] | None:
    """The files that a body is, or brings as a form; None where it is something else. Raises `InvalidQuery`.

    What begins as a picture is one, whatever it says to be: curl calls a file that it sends a form.
    """
    if body.startswith(_BEGINNINGS):
        return [body]
    if content_type is None:
        return None
    if forms.is_form(content_type):
        found = [content for name, content in forms.parts(body, content_type) if name in _FIELDS]
        if not found:
            raise _no_file()
        return found
    media = content_type[:64].lower()
    return [body] if media.startswith(("image/", "application/octet-stream")) else None


def element(content: bytes) -> bytes | str:
    """A BYTES element: a file, or, as some clients send it here too, the base64 text of one."""
    if content.startswith(_BEGINNINGS) or not content.isascii():
        return content
    return content.decode("ascii")


def written(document: Any) -> list[Any] | None:
    """The pictures in a document without names: one, or a list of texts; None where it is rows."""
    if type(document) is str:
        return [document]
    if type(document) is not list or not document or type(document[0]) is dict:
        return None
    return document if type(document[0]) is str else [document]


class Keeping:
    """A codec whose queries carry the pictures they are about."""

    def __init__(
        self, make: Callable[[exchange.Model], exchange.Codec], model: exchange.Model
    ) -> None:
        self._make = make
        self._model = model
        self._usual = make(model)

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        kept = images.keeper()
        decoder = decoding.Decoder(self._model.signature, keeper=kept)
        codec = self._make(dataclasses.replace(self._model, decoder=decoder))
        query = codec.decode(body, content_type, headers)
        return query._replace(pictures=tuple(kept.files))

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        return self._usual.encode(query, answer)


def _no_file() -> errors.InvalidQuery:
    return errors.refusal(
        "file",
        "the form has no field `file`; send the picture as curl -F file=@digit.png does",
        "в форме нет поля `file`; пришлите изображение, как curl -F file=@digit.png",
    )
