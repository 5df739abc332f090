"""The same rows, told in every form of every protocol, are the same features, and get the same answer."""

import csv
import io
import math
from collections.abc import Iterator
from typing import Any

import hypothesis
import numpy as np
import orjson
import pytest
from hypothesis import strategies

from kolba.inference import decoding, signature
from kolba.inference.protocols import codecs, exchange

PORTS = ("S", "Cher, bourg", 'Q"t', "Порт")
COLUMNS = (
    signature.Column(name="Pclass", kind="numeric", integer=True),
    signature.Column(name="Sex", kind="categorical", categories=("female", "male")),
    signature.Column(name="Fare", kind="numeric"),
    signature.Column(name="paid", kind="categorical", categories=("false", "true"), boolean=True),
    signature.Column(name="порт", kind="categorical", categories=PORTS),
)
NUMERALS = signature.Column(name="deck", kind="categorical", categories=("1", "2", "A"))
LARGEST = float(np.finfo(np.float32).max)
Row = dict[str, Any]
Form = tuple[exchange.Codec, bytes, str, dict[str, str]]

values = {
    "Pclass": strategies.integers(-(2**31), 2**31),
    "Sex": strategies.sampled_from(("female", "male", 0, 1)),
    "Fare": strategies.floats(-LARGEST, LARGEST, allow_nan=False),
    "paid": strategies.booleans(),
    "порт": strategies.sampled_from(PORTS),
    "deck": strategies.sampled_from(NUMERALS.categories),
}


def rows_of(columns: tuple[signature.Column, ...]) -> strategies.SearchStrategy[list[Row]]:
    cells = [strategies.none() | values[column.name] for column in columns]
    names = [column.name for column in columns]
    row = strategies.tuples(*cells).map(lambda found: dict(zip(names, found, strict=True)))
    return strategies.lists(row, min_size=1, max_size=9)


def model_of(columns: tuple[signature.Column, ...], number: str) -> exchange.Model:
    found = signature.Signature(
        columns=columns,
        target="y",
        classes=("нет", "да", 'с"ло%жно'),
        number_type=number,  # type: ignore[arg-type]
    )
    return exchange.Model(
        name="m", version="v", signature=found, decoder=decoding.Decoder(found), max_rows=9
    )


def as_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(
            str(value).lower() if isinstance(value, bool) else value for value in row.values()
        )
    return text.getvalue()


def plain_forms(codec: exchange.Codec, rows: list[Row]) -> Iterator[Form]:
    text = as_csv(rows)
    documents: list[Any] = [{"rows": rows}, {"data": rows}, rows, {"data": text}]
    if len(rows) == 1:
        documents += [rows[0], {"data": rows[0]}]
    for document in documents:
        yield codec, orjson.dumps(document), "application/json", {}
    # What is missing may also be left out, as long as something is said.
    some = [{k: v for k, v in row.items() if v is not None} or row for row in rows]
    yield codec, orjson.dumps(some), "application/json", {}
    yield codec, text.encode(), "text/csv", {}


def mlflow_forms(codec: exchange.Codec, rows: list[Row]) -> Iterator[Form]:
    names = list(rows[0])
    data = [list(row.values()) for row in rows]
    for document in (
        {"dataframe_split": {"columns": names, "index": list(range(len(rows))), "data": data}},
        {"dataframe_records": rows},
        {"instances": rows},
        {"instances": data},
        {"inputs": {name: [row[name] for row in rows] for name in names}},
        {"inputs": data, "params": {"temperature": 1}},
    ):
        yield codec, orjson.dumps(document), "application/json", {}
    yield codec, as_csv(rows).encode(), "application/csv; charset=utf-8", {}


def v2_forms(codec: exchange.Codec, rows: list[Row], model: exchange.Model) -> Iterator[Form]:
    yield tensors_by_column(codec, rows, model, binary=False)
    yield tensors_by_column(codec, rows, model, binary=True)
    columns = model.signature.columns
    if NUMERALS in columns:
        return
    shape = [len(rows), len(columns)]
    codes = [[code(column, row[column.name]) for column in columns] for row in rows]
    flat = [value for row in codes for value in row]
    for data in (codes, flat):
        tensor = {"name": "X", "shape": shape, "datatype": "FP64", "data": data}
        yield codec, orjson.dumps({"inputs": [tensor]}), "application/json", {}
    numbers = np.array(codes, np.float64).tobytes()
    tensor = {"name": "table", "shape": shape, "datatype": "FP64"}
    tensor["parameters"] = {"binary_data_size": len(numbers)}
    yield codec, *with_tail({"inputs": [tensor]}, numbers)


def tensors_by_column(
    codec: exchange.Codec, rows: list[Row], model: exchange.Model, *, binary: bool
) -> Form:
    inputs, tail = [], b""
    for column in reversed(model.signature.columns):
        told = [row[column.name] for row in rows]
        tensor: dict[str, Any] = {"name": column.name, "shape": [len(rows), 1]}
        if column.kind == "categorical":
            words = [word(column, value) for value in told]
            tensor["datatype"] = "BYTES"
            content = b"".join(packed(one or "") for one in words)
            tensor |= {"data": words}
        else:
            tensor["datatype"] = "FP64"
            content = np.array(told, np.float64).tobytes()
            tensor |= {"data": told}
        if binary:
            del tensor["data"]
            tensor["parameters"] = {"binary_data_size": len(content)}
            tail += content
        inputs.append(tensor)
    return codec, *with_tail({"inputs": inputs}, tail)


def with_tail(document: dict[str, Any], tail: bytes) -> tuple[bytes, str, dict[str, str]]:
    head = orjson.dumps(document)
    length = {"inference-header-content-length": str(len(head))}
    return head + tail, "application/octet-stream", length


def packed(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "little") + text.encode()


def word(column: signature.Column, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return column.categories[int(value)]


def code(column: signature.Column, value: Any) -> float | None:
    if isinstance(value, str):
        return column.categories.index(value)
    return int(value) if isinstance(value, bool) else value


def expected(rows: list[Row], model: exchange.Model) -> np.ndarray:
    columns = model.signature.columns
    table = [[code(column, row[column.name]) for column in columns] for row in rows]
    numbers = [[math.nan if value is None else float(value) for value in row] for row in table]
    return np.array(numbers, np.float64).astype(model.signature.number_type)


@pytest.mark.parametrize("number", ["float32", "float64"])
@pytest.mark.parametrize("columns", [COLUMNS, (*COLUMNS, NUMERALS)], ids=["codes", "numerals"])
@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(data=strategies.data())
def test_one_question_in_every_form(
    columns: tuple[signature.Column, ...], number: str, data: strategies.DataObject
) -> None:
    model = model_of(columns, number)
    made = codecs.build(model)
    rows = data.draw(rows_of(columns))
    features = expected(rows, model)
    for codec, body, content_type, headers in (
        *plain_forms(made.plain, rows),
        *mlflow_forms(made.mlflow, rows),
        *v2_forms(made.v2, rows, model),
    ):
        query = codec.decode(body, content_type, headers)
        np.testing.assert_array_equal(query.features, features, err_msg=repr(body))
        assert query.features.dtype == features.dtype


@pytest.mark.parametrize("number", ["float32", "float64"])
@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(
    labels=strategies.lists(strategies.integers(0, 2), min_size=1, max_size=9),
    seed=strategies.integers(0, 2**32 - 1),
)
def test_one_answer_in_every_protocol(number: str, labels: list[int], seed: int) -> None:
    model = model_of(COLUMNS, number)
    made = codecs.build(model)
    weights = np.random.default_rng(seed).dirichlet(np.ones(3) / 10, len(labels))
    probabilities = np.ascontiguousarray(weights.astype(number))
    answer = exchange.Answer(
        prediction_id="p", labels=np.array(labels), probabilities=probabilities
    )
    words = [model.signature.classes[label] for label in labels]
    query = exchange.Query(features=np.zeros((len(labels), 5), np.float32))

    rows = orjson.loads(made.plain.encode(query, answer).body)["predictions"]
    assert [row["label"] for row in rows] == words
    assert all(tuple(row["probabilities"]) == model.signature.classes for row in rows)
    told = np.array([list(row["probabilities"].values()) for row in rows], number)
    np.testing.assert_array_equal(told, probabilities)

    assert orjson.loads(made.mlflow.encode(query, answer).body) == {"predictions": words}

    label, table = orjson.loads(made.v2.encode(query, answer).body)["outputs"]
    assert label["data"] == words
    assert table["shape"] == list(probabilities.shape)
    found = np.array(table["data"], number).reshape(probabilities.shape)
    np.testing.assert_array_equal(found, probabilities)

    binary = tuple(exchange.Output(name=name, binary=True) for name in ("label", "probabilities"))
    encoded = made.v2.encode(query._replace(outputs=binary), answer)
    tail = encoded.body[int(encoded.headers["Inference-Header-Content-Length"]) :]
    texts = b"".join(packed(str(one)) for one in words)
    assert tail == texts + probabilities.tobytes()
