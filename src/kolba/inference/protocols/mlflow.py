"""MLflow's scoring protocol (2.0 and newer): `/invocations` as `mlflow models serve` answers it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from kolba.inference import decoding, separated
from kolba.inference.protocols import bodies, errors, exchange, pictures

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_SHOWN = 20


class Scoring:
    """One of `dataframe_split`, `dataframe_records`, `instances`, `inputs` beside `params`, or a CSV body.

    As MLflow holds data to a model's signature, so is every column asked for here: where a value is missing, say null.
    """

    def __init__(self, model: exchange.Model) -> None:
        self._model = model
        self._names = tuple(column.name for column in model.signature.columns)
        self._needed = frozenset(self._names)
        self._picture = pictures.sole(model.signature)
        self._labels = tuple(orjson.dumps(one) for one in model.signature.classes)
        self._readers = {
            "dataframe_split": self._split,
            "dataframe_records": self._records,
            "instances": self._instances,
            "inputs": self._inputs,
        }

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        if bodies.is_csv(content_type, body):
            return exchange.Query(features=self._csv(bodies.csv_text(body, content_type)))
        document = bodies.load(body)
        name = self._format(document)
        parameters = document.get("params")
        if parameters is None:
            return exchange.Query(features=self._readers[name](document[name]))
        if type(parameters) is not dict:
            raise errors.refusal(
                "params",
                "`params` must be an object of names and values",
                "`params` должно быть объектом из имён и значений",
            )
        return exchange.Query(features=self._readers[name](document[name]), parameters=parameters)

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        labels = self._labels
        found = b", ".join([labels[label] for label in answer.labels.tolist()])
        return exchange.Encoded(
            body=b'{"predictions": [' + found + b"]}",
            content_type=exchange.JSON,
            headers={exchange.PREDICTION_ID: answer.prediction_id},
        )

    def _format(self, document: Any) -> str:
        """Which of the four the document uses."""
        if type(document) is not dict:
            raise _no_format(f"a {type(document).__name__}")
        found = [name for name in FORMATS if name in document]
        if len(found) != 1:
            raise _no_format(", ".join(list(document)[:_SHOWN]) or "{}")
        return found[0]

    def _split(self, content: Any) -> decoding.Features:
        """pandas's `orient="split"`; the index says nothing of the rows."""
        columns, data = _members(content)
        width = len(columns)
        self._require(columns, "dataframe_split.columns")
        bodies.check_count(self._model, len(data))
        records = []
        for place, row in enumerate(data):
            if type(row) is not list or len(row) != width:
                raise _wrong_row(f"dataframe_split.data.{place}", width)
            records.append(dict(zip(columns, row, strict=True)))
        return bodies.rows(self._model, records, "dataframe_split.data")

    def _records(self, content: Any, field: str = "dataframe_records") -> decoding.Features:
        if type(content) is not list:
            raise errors.refusal(
                field,
                "must be a list of rows, each an object of columns and values",
                "нужен список строк; каждая строка: объект из столбцов и значений",
            )
        self._require_somewhere(content, field)
        return bodies.rows(self._model, content, field)

    def _instances(self, content: Any) -> decoding.Features:
        return self._list(content, "instances")

    def _inputs(self, content: Any) -> decoding.Features:
        if type(content) is dict:
            return self._columns(content)
        return self._list(content, "inputs")

    def _list(self, content: Any, field: str) -> decoding.Features:
        if self._picture is not None and type(content) is list and content:
            return self._pictures(content, field)
        if type(content) is list and content and type(content[0]) is list:
            return self._positional(content, field)
        return self._records(content, field)

    def _pictures(self, content: list[Any], field: str) -> decoding.Features:
        """Each a row, or the picture itself: its text, or 28×28 or 784 numbers."""
        name = self._picture
        rows = [
            row if type(row) is dict else {name: row[0] if _is_alone(row) else row}
            for row in content
        ]
        return self._records(rows, field)

    def _positional(self, content: list[Any], field: str) -> decoding.Features:
        """Rows without names: values in the order of the model's columns."""
        bodies.check_count(self._model, len(content))
        names = self._names
        records = []
        for place, row in enumerate(content):
            if type(row) is not list or len(row) != len(names):
                raise _wrong_row(f"{field}.{place}", len(names), names)
            records.append(dict(zip(names, row, strict=True)))
        return bodies.rows(self._model, records, field)

    def _columns(self, content: dict[str, Any]) -> decoding.Features:
        """`{column: [value, …]}`; of single values too, which then are one row."""
        self._require(content, "inputs")
        lists = [values for values in content.values() if type(values) is list]
        if not lists:
            return bodies.rows(self._model, [content], "inputs")
        bodies.check_count(self._model, len(lists[0]))
        for name, values in content.items():
            if type(values) is not list or len(values) != len(lists[0]):
                raise errors.refusal(
                    f"inputs.{name}",
                    "every column must be a list of {length} values, as the first one is",
                    "каждый столбец должен быть списком из {length} значений, как первый",
                    length=len(lists[0]),
                )
        records = [
            dict(zip(content, row, strict=True)) for row in zip(*content.values(), strict=True)
        ]
        return bodies.rows(self._model, records, "inputs")

    def _csv(self, content: str) -> decoding.Features:
        features = bodies.csv_rows(self._model, content, "body")
        header = content.removeprefix("\ufeff").lstrip("\r\n").partition("\n")[0]
        self._require(separated.read(f"{header}\n{header}").names, "body")
        return features

    def _require(self, found: Mapping[str, Any] | Sequence[str], field: str) -> None:
        missing = self._needed.difference(found)
        if missing:
            raise _missing([name for name in self._names if name in missing], field)

    def _require_somewhere(self, rows: list[Any], field: str) -> None:
        """As in a table made of records: a column may be absent in some rows, not in all."""
        needed = self._needed
        if not rows or (type(rows[0]) is dict and needed <= rows[0].keys()):
            return
        objects = (row for row in rows if type(row) is dict)
        self._require(list(itertools.chain.from_iterable(objects)), field)


def _is_alone(row: Any) -> bool:
    return type(row) is list and len(row) == 1


def _members(content: Any) -> tuple[list[str], list[Any]]:
    """`columns` and `data` of a split table."""
    if type(content) is not dict:
        raise errors.refusal(
            "dataframe_split",
            'must be {{"columns": [name, …], "data": [[value, …], …]}}',
            'нужно {{"columns": [имя, …], "data": [[значение, …], …]}}',
        )
    columns, data = content.get("columns"), content.get("data")
    if type(columns) is not list or not all(type(name) is str for name in columns):
        raise errors.refusal(
            "dataframe_split.columns",
            "must be a list of the columns' names",
            "нужен список имён столбцов",
        )
    if len(set(columns)) < len(columns):
        raise errors.refusal(
            "dataframe_split.columns",
            "a column is named twice; name each once",
            "столбец назван дважды; назовите каждый один раз",
        )
    if type(data) is not list:
        raise errors.refusal(
            "dataframe_split.data",
            "must be a list of rows, each a list of values",
            "нужен список строк; каждая строка: список значений",
        )
    return columns, data


def _no_format(found: str) -> errors.InvalidQuery:
    return errors.refusal(
        "body",
        "The input must be a JSON dictionary with exactly one of the input fields {formats}. Received: {found}",
        "Нужен объект JSON, в котором ровно одно из полей {formats}. Получено: {found}",
        formats=", ".join(FORMATS),
        found=found[:200],
    )


def _wrong_row(field: str, width: int, names: Sequence[str] = ()) -> errors.InvalidQuery:
    return errors.refusal(
        field,
        "must be a list of {width} values {names}",
        "нужен список значений, числом {width} {names}",
        width=width,
        names=f"({', '.join(names[:_SHOWN])})" if names else "",
    )


def _missing(names: list[str], field: str) -> errors.InvalidQuery:
    return errors.refusal(
        field,
        "the columns {names} are missing; where a value is not known, write null",
        "не хватает столбцов: {names}; где значение неизвестно, пишите null",
        names=", ".join(names[:_SHOWN]),
    )
