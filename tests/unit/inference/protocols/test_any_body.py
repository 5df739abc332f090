"""Whatever is sent, a codec answers with a query or with a refusal of status 4xx: never with a failure of its own."""

from typing import Any

import hypothesis
import numpy as np
import orjson
import pytest
from hypothesis import strategies

from kolba.inference.protocols import codecs
from kolba.kit import errors

NAMES = ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
WORDS = (*NAMES, "Cabin", "Agee", "X", "male", "S", "FP32", "FP64", "INT64", "BOOL", "BYTES", "")
MEMBERS = (
    *("rows", "data", "dataframe_split", "dataframe_records", "instances", "inputs", "params"),
    *("columns", "index", "id", "outputs", "parameters", "name", "shape", "datatype"),
    *("binary_data", "binary_data_size", "binary_data_output", *NAMES),
)
atoms = (
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-3, 9)
    | strategies.integers(-(2**63), 2**64 - 1)
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.sampled_from(WORDS)
    | strategies.text(max_size=3)
)
values = strategies.recursive(
    atoms,
    lambda inner: (
        strategies.lists(inner, max_size=8)
        | strategies.dictionaries(strategies.sampled_from(MEMBERS), inner, max_size=5)
    ),
    max_leaves=30,
)
tensors = strategies.fixed_dictionaries(
    {
        "name": strategies.sampled_from(WORDS),
        "shape": strategies.lists(strategies.integers(0, 8), max_size=3) | values,
        "datatype": strategies.sampled_from(("FP32", "FP64", "INT8", "UINT64", "BOOL", "BYTES")),
    },
    optional={
        "data": strategies.lists(atoms, max_size=14) | values,
        "parameters": strategies.fixed_dictionaries(
            {"binary_data_size": strategies.integers(-1, 60) | values}
        ),
    },
)
documents = (
    values
    | strategies.fixed_dictionaries({"inputs": strategies.lists(tensors, max_size=3)})
    | strategies.dictionaries(strategies.sampled_from(MEMBERS), values, min_size=1, max_size=2)
)
lengths = strategies.none() | strategies.integers(0, 300).map(str) | strategies.text(max_size=3)


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(document=documents, tail=strategies.binary(max_size=60), length=lengths)
def test_a_document(
    made: codecs.Codecs, name: str, document: Any, tail: bytes, length: str | None
) -> None:
    head = orjson.dumps(document)
    if length == "0":
        length = str(len(head))
    headers = {} if length is None else {"inference-header-content-length": length}
    _decode(made, name, head + tail if headers else head, None, headers)


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(
    body=strategies.binary(max_size=90) | strategies.text(max_size=60).map(str.encode),
    kind=strategies.sampled_from((None, "text/csv", "text/csv; charset=utf-16"))
    | strategies.text(),
)
def test_bytes(made: codecs.Codecs, name: str, body: bytes, kind: str | None) -> None:
    _decode(made, name, body, kind, {"inference-header-content-length": "0"})


def _decode(
    made: codecs.Codecs, name: str, body: bytes, kind: str | None, headers: dict[str, str]
) -> None:
    try:
        query = getattr(made, name).decode(body, kind, headers)
    except errors.KolbaError as caught:
        error = caught
    else:
        assert query.features.dtype == np.float32
        assert query.features.shape[0] >= 1
        assert query.features.shape[1] == len(NAMES)
        assert not np.isinf(query.features).any()
        return
    assert 400 <= error.status < 500
    assert orjson.dumps(error.problem("ru"))
