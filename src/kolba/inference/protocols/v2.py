"""The Open Inference Protocol, version 2 (KServe, Triton), over REST, with its extension for binary tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from kolba.inference import decoding
from kolba.inference.protocols import (
    bodies,
    errors,
    exchange,
    pictures,
    tables,
    tensors,
    v2_answers,
)

HEADER_LENGTH = "Inference-Header-Content-Length"
"""How many bytes of a body are its JSON part; the rest is binary tensors."""
_LOOKED_UP = HEADER_LENGTH.lower()
_ALSO = frozenset({"application/octet-stream"})
_UNOFFERED = ("shared_memory_region", "shared_memory_byte_size", "classification")
_SHOWN = 20
_EVERYTHING = {
    binary: tuple(exchange.Output(name=name, binary=binary) for name in v2_answers.NAMES)
    for binary in (False, True)
}


class OpenInference:
    """`POST /v2/models/{model}/infer`. A picture is a BYTES element (a file, in JSON its base64 text), or its numbers.

    The table comes as one tensor `[N, F]` of numbers (any name; categories by their codes), or as one tensor `[N]` or
    `[N, 1]` for each column (categories as BYTES words, or codes). Answers are the tensors `label` `[N]` and
    `probabilities` `[N, K]`.
    """

    def __init__(self, model: exchange.Model) -> None:
        self._model = model
        signature = model.signature
        self._names = tuple(column.name for column in signature.columns)
        self._known = frozenset(self._names)
        self._widths = {column.name: column.width for column in signature.columns}
        self._width = signature.width
        self._has_pictures = self._width > len(self._names)
        self._passed_over = frozenset((*signature.ignored, signature.target)) - self._known
        self._number_size = np.dtype(signature.number_type).itemsize
        self._number_type = "FP32" if signature.number_type == "float32" else "FP64"
        self._table = tables.Table(model)
        self._answers = v2_answers.Answers(model)

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        bodies.check_json(content_type, body, _ALSO)
        announced = headers.get(_LOOKED_UP)
        if announced is None:
            document, tail = bodies.load(body), _Tail(memoryview(b""))
        else:
            size = _header_length(announced, len(body))
            if size == 0:
                return exchange.Query(features=self._raw(body))
            whole = memoryview(body)
            document, tail = bodies.load(whole[:size]), _Tail(whole[size:])
        inputs = _inputs(document)
        first = inputs[0]
        if len(inputs) == 1 and first["name"] not in self._known:
            features = self._whole_table(first, tail)
        else:
            features = self._by_columns(inputs, tail)
        tail.check_used()
        return self._query(features, document)

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        return self._answers.encode(query, answer)

    def _query(self, features: decoding.Features, document: dict[str, Any]) -> exchange.Query:
        identity = document.get("id")
        if identity is not None and type(identity) is not str:
            raise errors.refusal("id", "must be a string", "нужна строка")
        parameters = _parameters(document, "parameters")
        wanted = document.get("outputs")
        binary = parameters.get("binary_data_output", False)
        if not wanted and binary is False:
            if wanted is not None and type(wanted) is not list:
                raise _no_outputs()
            return exchange.Query(features=features, id=identity, parameters=parameters)
        return exchange.Query(
            features=features,
            id=identity,
            outputs=_outputs(wanted, _boolean(binary, "parameters.binary_data_output")),
            parameters=parameters,
        )

    def _whole_table(self, tensor: dict[str, Any], tail: _Tail) -> decoding.Features:
        field = "inputs.0"
        kind = tensors.datatype(tensor.get("datatype"), field)
        shape = tensors.shape(tensor.get("shape"), field)
        width = self._width
        if not (len(shape) == 2 or self._has_pictures) or math.prod(shape) != shape[0] * width:
            raise errors.refusal(
                f"{field}.shape",
                "must be [rows, {width}] for all columns ({names}); or send each column as an input of its name",
                "нужно [строки, {width}] для всех столбцов ({names}); или пришлите каждый столбец под его именем",
                width=width,
                names=", ".join(self._names[:_SHOWN]),
            )
        bodies.check_count(self._model, shape[0])
        found = self._elements(tensor, shape, kind, tail, field)
        if shape[0] > tables.FEW and kind.kind in ("integer", "real"):
            numbers = np.asarray(found, np.float64).reshape(shape)
            features = self._table.features(numbers)
            if features is not None:
                return features
        return self._judged(_plain(found), field)

    def _judged(self, values: list[Any], field: str) -> decoding.Features:
        """A table's rows, one by one, with every fault named."""
        names, width = self._names, self._width
        records = [
            dict(zip(names, self._cells(values, start), strict=True))
            for start in range(0, len(values), width)
        ]
        return bodies.located(
            self._model, records, lambda row, column: f"{field}.data.{row}.{column}"
        )

    def _cells(self, values: list[Any], start: int) -> list[Any]:
        """The values of the row that starts there: a picture's are a list of their own."""
        if not self._has_pictures:
            return values[start : start + self._width]
        cells: list[Any] = []
        for width in self._widths.values():
            cells.append(values[start] if width == 1 else values[start : start + width])
            start += width
        return cells

    def _by_columns(self, inputs: list[dict[str, Any]], tail: _Tail) -> decoding.Features:
        columns: dict[str, list[Any]] = {}
        rows = 0
        for place, tensor in enumerate(inputs):
            field = f"inputs.{place}"
            name = self._column_name(tensor["name"], columns, field)
            kind = tensors.datatype(tensor.get("datatype"), field)
            shape = tensors.shape(tensor.get("shape"), field)
            rows = rows or shape[0]
            width, is_file = 1, False
            if self._has_pictures:
                width, is_file = self._widths.get(name, 1), kind.kind == "text"
            if shape[0] != rows or shape[1:] not in ((), (1,)):
                if is_file or not _is_picture(shape, rows, width):
                    raise _wrong_rows(field, rows, width)
            elif width > 1 and not is_file:
                raise _wrong_rows(field, rows, width)
            bodies.check_count(self._model, rows)
            if width == 1:
                columns[name] = _plain(self._elements(tensor, shape, kind, tail, field))
            else:
                found = _plain(self._elements(tensor, shape, kind, tail, field, is_file=is_file))
                columns[name] = found if is_file else tables.grouped(found, width)
        missing = [name for name in self._names if name not in columns]
        if missing:
            raise errors.refusal(
                "inputs",
                "the inputs {names} are missing; where a value is not known, write null",
                "не хватает входов: {names}; где значение неизвестно, пишите null",
                names=", ".join(missing[:_SHOWN]),
            )
        names = tuple(columns)
        records = [
            dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
        return bodies.located(
            self._model,
            records,
            lambda row, column: f"inputs.{names.index(column)}.data.{row}" if column else "inputs",
        )

    def _column_name(self, name: str, columns: Mapping[str, Any], field: str) -> str:
        if name not in self._known and name not in self._passed_over:
            raise errors.refusal(
                f"{field}.name",
                "the model has no such input; it reads {names}, or one tensor [rows, {width}] of them all",
                "такого входа у модели нет; она читает {names} или один тензор [строки, {width}]",
                names=", ".join(self._names[:_SHOWN]),
                width=self._width,
            )
        if name in columns:
            raise errors.refusal(
                f"{field}.name",
                "the input `{name}` occurs twice; send it once",
                "вход `{name}` встречается дважды; пришлите его один раз",
                name=name,
            )
        return name

    def _elements(
        self,
        tensor: dict[str, Any],
        shape: Sequence[int],
        kind: tensors.Datatype,
        tail: _Tail,
        field: str,
        *,
        is_file: bool = False,
    ) -> npt.NDArray[Any] | list[Any]:
        """A tensor's elements, row-major: numbers from bytes as an array, all else as a list."""
        parameters = _parameters(tensor, f"{field}.parameters")
        size = parameters.get("binary_data_size")
        if size is not None:
            if "data" in tensor:
                raise errors.refusal(
                    f"{field}.data",
                    "stands beside `binary_data_size`; send the data in one of the two ways",
                    "стоит рядом с `binary_data_size`; пришлите данные одним из двух способов",
                )
            content = tail.take(size, field)
            if is_file:
                found = tensors.byte_strings(content, math.prod(shape), field)
                return [pictures.element(one) for one in found]
            return tensors.from_bytes(content, math.prod(shape), kind, field)
        values = tensors.from_json(tensor.get("data"), shape, kind, field)
        if kind.kind == "real" and kind.stored.itemsize < self._number_size:
            return tensors.rounded(values, kind, field)
        return values

    def _raw(self, body: bytes) -> decoding.Features:
        """A body without JSON: one tensor `[N, F]` of the model's own number type (Triton's raw binary request)."""
        kind = tensors.DATATYPES[self._number_type]
        width = self._width
        rows, rest = divmod(len(body), width * kind.stored.itemsize)
        if rest or not rows:
            raise errors.refusal(
                "body",
                "a body without JSON is rows of {width} {datatype} numbers, {size} bytes each row",
                "тело без JSON: строки по {width} чисел {datatype}, байт в строке: {size}",
                width=width,
                datatype=kind.name,
                size=width * kind.stored.itemsize,
            )
        bodies.check_count(self._model, rows)
        numbers = np.frombuffer(body, kind.stored).reshape(rows, width)
        features = self._table.features(numbers)
        return features if features is not None else self._judged(_plain(numbers.ravel()), "body")


def _is_picture(shape: tuple[int, ...], rows: int, width: int) -> bool:
    """Whether each row is `width` numbers, in whatever form."""
    return width > 1 and shape[0] == rows and math.prod(shape) == rows * width


def _wrong_rows(field: str, rows: int, width: int) -> errors.InvalidQuery:
    return errors.refusal(
        f"{field}.shape",
        "must be [{rows}] or [{rows}, {width}], as every column has as many rows",
        "нужно [{rows}] или [{rows}, {width}]: строк во всех столбцах поровну",
        rows=rows,
        width=width,
    )


class _Tail:
    """The bytes after a body's JSON part: the binary tensors, in the order of the inputs."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._used = 0

    def take(self, size: Any, field: str) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self._content) - self._used:
            raise errors.refusal(
                f"{field}.parameters.binary_data_size",
                "must be this tensor's size in bytes; {left} bytes are left after `{header}` and earlier tensors",
                "нужен размер тензора в байтах; в теле после `{header}` и прежних тензоров осталось байт: {left}",
                left=len(self._content) - self._used,
                header=HEADER_LENGTH,
            )
        start, self._used = self._used, self._used + size
        return self._content[start : self._used]

    def check_used(self) -> None:
        if self._used != len(self._content):
            raise errors.refusal(
                "body",
                "{rest} bytes after the JSON belong to no input; each binary tensor needs `binary_data_size`",
                "ничьих байт после JSON: {rest}; у каждого двоичного тензора нужно `binary_data_size`",
                rest=len(self._content) - self._used,
            )


def with_error(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem document that a client of this protocol can read: with everything said in one string `error`."""
    faults = [f"{one['field']}: {one['message']}" for one in problem.get("errors", ())]
    text = "; ".join(faults) or problem.get("detail") or problem.get("title", "")
    return {**problem, "error": text}


def _header_length(announced: str, available: int) -> int:
    is_number = announced.isascii() and announced.isdigit() and len(announced) < 20
    size = int(announced) if is_number else -1
    if not 0 <= size <= available:
        raise errors.refusal(
            HEADER_LENGTH,
            "must be the size of the body's JSON part in bytes, at most {available}",
            "нужен размер JSON в начале тела в байтах, не больше {available}",
            available=available,
        )
    return size


def _inputs(document: Any) -> list[dict[str, Any]]:
    inputs = document.get("inputs") if type(document) is dict else None
    if type(inputs) is not list or not inputs:
        raise _no_inputs()
    for one in inputs:
        if type(one) is not dict or type(one.get("name")) is not str:
            raise _no_inputs()
    return inputs


def _parameters(holder: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    parameters = holder.get("parameters")
    if parameters is None:
        return exchange.NOTHING
    if type(parameters) is not dict:
        raise errors.refusal(
            field,
            "must be an object of names and values",
            "нужен объект из имён и значений",
        )
    for name in _UNOFFERED:
        if name in parameters:
            raise errors.refusal(
                f"{field}.{name}",
                "this extension of the protocol is not offered here; leave it out",
                "это расширение протокола здесь не поддерживается; уберите его",
            )
    return parameters


def _outputs(wanted: Any, binary: bool) -> tuple[exchange.Output, ...]:
    """What is asked for, in that order; everything where nothing is named."""
    if not wanted:
        return _EVERYTHING[binary]
    if type(wanted) is not list:
        raise _no_outputs()
    outputs: dict[str, exchange.Output] = {}
    for place, one in enumerate(wanted):
        name = one.get("name") if type(one) is dict else None
        if name not in v2_answers.NAMES or name in outputs:
            raise errors.refusal(
                f"outputs.{place}.name",
                "must be one of {known}, each at most once",
                "должно быть одним из: {known}, каждое не более одного раза",
                known=", ".join(v2_answers.NAMES),
            )
        field = f"outputs.{place}.parameters"
        wish = _parameters(one, field).get("binary_data", binary)
        outputs[name] = exchange.Output(name=name, binary=_boolean(wish, f"{field}.binary_data"))
    return tuple(outputs.values())


def _no_inputs() -> errors.InvalidQuery:
    return errors.refusal(
        "inputs",
        'send {{"inputs": [{{"name": …, "shape": […], "datatype": …, "data": […]}}, …]}}, with at least one input',
        'пришлите {{"inputs": [{{"name": …, "shape": […], "datatype": …, "data": […]}}, …]}}, хотя бы один вход',
    )


def _no_outputs() -> errors.InvalidQuery:
    return errors.refusal(
        "outputs",
        'must be a list such as [{{"name": "label"}}]; leave it out to get everything',
        'нужен список, например [{{"name": "label"}}]; уберите его, чтобы получить всё',
    )


def _boolean(value: Any, field: str) -> bool:
    if type(value) is not bool:
        raise errors.refusal(field, "must be true or false", "нужно true или false")
    return value


def _plain(found: npt.NDArray[Any] | list[Any]) -> list[Any]:
    return found if type(found) is list else tensors.without_nan(cast("npt.NDArray[Any]", found))
