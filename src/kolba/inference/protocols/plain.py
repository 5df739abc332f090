"""Kolba's own protocol: rows as objects or CSV in, labels and named probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from kolba.inference import decoding
from kolba.inference.protocols import bodies, errors, exchange, pictures

_ENVELOPES = ("rows", "data")


class Plain:
    """`{"rows": […]}`, `{"data": rows, one row or CSV text}`, bare rows, one bare row, or a CSV body.

    Of a model that reads a picture also the picture itself: a PNG or JPEG body, a form with a `file`, a bare text or
    array.
    """

    def __init__(self, model: exchange.Model) -> None:
        self._model = model
        head = {"model": model.name, "version": model.version}
        self._head = orjson.dumps(head)[:-1] + b',"prediction_id":'
        self._rows = _templates(model)
        self._columns = frozenset(column.name for column in model.signature.columns)
        self._picture = pictures.sole(model.signature)

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        if self._picture is not None:
            files = pictures.files(body, content_type)
            if files is not None:
                return self._pictures(files)
        if bodies.is_csv(content_type, body):
            content = bodies.csv_text(body, content_type)
            return exchange.Query(features=bodies.csv_rows(self._model, content, "body"))
        document = bodies.load(body)
        if self._picture is not None:
            written = pictures.written(document)
            if written is not None:
                return self._pictures(written)
        if type(document) is dict:
            return exchange.Query(features=self._object(document))
        if type(document) is list:
            return exchange.Query(features=bodies.rows(self._model, document, ""))
        raise errors.refusal(
            "body",
            'send {{"rows": [row, …]}}, a list of rows, or one row; a row is an object of columns and values',
            'пришлите {{"rows": [строка, …]}}, список строк или одну строку; строка: объект из столбцов и значений',
        )

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        numbers = orjson.dumps(answer.probabilities, option=orjson.OPT_SERIALIZE_NUMPY)
        templates = self._rows
        labels = answer.labels.tolist()
        figures = numbers[2:-2].replace(b"],[", b",").split(b",")
        rows = b",".join([templates[label] for label in labels]) % tuple(figures)
        identity = answer.prediction_id
        return exchange.Encoded(
            body=b'%b%b,"predictions":[%b]}' % (self._head, orjson.dumps(identity), rows),
            content_type=exchange.JSON,
            headers={exchange.PREDICTION_ID: identity},
        )

    def _pictures(self, found: list[Any]) -> exchange.Query:
        rows = [{self._picture: one} for one in found]
        if len(rows) > 1:
            return exchange.Query(features=bodies.rows(self._model, rows, ""))
        features = bodies.located(self._model, rows, lambda _, column: column)
        return exchange.Query(features=features)

    def _object(self, document: dict[str, Any]) -> decoding.Features:
        for name in _ENVELOPES:
            if name in document and self._is_envelope(name, document[name]):
                return self._enveloped(name, document)
        return bodies.rows(self._model, [document], "")

    def _is_envelope(self, name: str, content: Any) -> bool:
        """A model may have a column of that name: then only what can be no cell's value is an envelope's content."""
        if name not in self._columns:
            return True
        return isinstance(content, dict | list) or (isinstance(content, str) and "\n" in content)

    def _enveloped(self, name: str, document: dict[str, Any]) -> decoding.Features:
        if len(document) > 1:
            raise errors.refusal(
                next(other for other in document if other != name),
                "nothing may stand beside `{name}`; put columns inside its rows",
                "рядом с `{name}` ничего быть не может; столбцы пишутся внутри строк",
                name=name,
            )
        content = document[name]
        if isinstance(content, list):
            return bodies.rows(self._model, content, name)
        if isinstance(content, dict) and name == "data":
            return bodies.rows(self._model, [content], name)
        if isinstance(content, str) and name == "data":
            return bodies.csv_rows(self._model, content, name)
        raise errors.refusal(
            name,
            "`rows` is a list of rows; `data` is a list of rows, one row, or CSV text with a header",
            "`rows`: список строк; `data`: список строк, одна строка или текст CSV с заголовком",
        )


def _templates(model: exchange.Model) -> tuple[bytes, ...]:
    """By class: the answer's row, with a `%b` for each probability."""
    names = exchange.class_texts(model.signature.classes)
    members = b",".join(orjson.dumps(name).replace(b"%", b"%%") + b":%b" for name in names)
    return tuple(
        b'{"label":%b,"probabilities":{%b}}' % (orjson.dumps(one).replace(b"%", b"%%"), members)
        for one in model.signature.classes
    )
