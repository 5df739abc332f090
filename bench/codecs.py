"""Microseconds that each protocol's codec takes for one request and its answer: `python -m bench.codecs`."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Iterator

import numpy as np
import orjson

from kolba.inference import decoding, signature
from kolba.inference.protocols import codecs, exchange

SIGNATURE = signature.Signature(
    columns=(
        signature.Column(name="Pclass", kind="numeric", integer=True),
        signature.Column(name="Sex", kind="categorical", categories=("female", "male")),
        signature.Column(name="Age", kind="numeric"),
        signature.Column(name="SibSp", kind="numeric", integer=True),
        signature.Column(name="Parch", kind="numeric", integer=True),
        signature.Column(name="Fare", kind="numeric"),
        signature.Column(name="Embarked", kind="categorical", categories=("S", "C", "Q")),
    ),
    target="Survived",
    classes=(0, 1),
)
ROW = {
    "Pclass": 3,
    "Sex": "male",
    "Age": 22.5,
    "SibSp": 1,
    "Parch": 0,
    "Fare": 7.25,
    "Embarked": "S",
}
NUMBERS = [3.0, 1.0, 22.5, 1.0, 0.0, 7.25, 0.0]
MODEL = exchange.Model(
    name="titanic",
    version="RandomForest_20260101_120000",
    signature=SIGNATURE,
    decoder=decoding.Decoder(SIGNATURE),
)
Case = tuple[str, exchange.Codec, bytes, dict[str, str]]


def cases(rows: int) -> Iterator[Case]:
    """A name, a codec, a body and its headers."""
    made = codecs.build(MODEL)
    yield "plain, rows", made.plain, orjson.dumps({"rows": [ROW] * rows}), {}
    for datatype in ("FP32", "FP64"):
        tensor = {"name": "X", "shape": [rows, 7], "datatype": datatype, "data": NUMBERS * rows}
        yield f"v2, one tensor, {datatype}", made.v2, orjson.dumps({"inputs": [tensor]}), {}
    yield "v2, one tensor, FP32, binary", made.v2, *_binary(rows)
    columns = [
        {
            "name": name,
            "shape": [rows],
            "datatype": "BYTES" if isinstance(value, str) else "FP64",
            "data": [value] * rows,
        }
        for name, value in ROW.items()
    ]
    yield "v2, one tensor per column", made.v2, orjson.dumps({"inputs": columns}), {}
    records = orjson.dumps({"dataframe_records": [ROW] * rows})
    yield "mlflow, dataframe_records", made.mlflow, records, {}
    split = {"columns": list(ROW), "data": [list(ROW.values())] * rows}
    yield "mlflow, dataframe_split", made.mlflow, orjson.dumps({"dataframe_split": split}), {}


def microseconds(case: Case, rows: int) -> tuple[float, float]:
    """To decode and to encode: the best of seven, as whatever else runs on the machine only adds."""
    _, codec, body, headers = case
    query = codec.decode(body, exchange.JSON, headers)
    answer = exchange.Answer(
        prediction_id="0198f0a2-6f7e-7cc3-98c4-dc0c0c07398f",
        labels=np.zeros(rows, np.int64),
        probabilities=np.full((rows, 2), [0.82, 0.18], np.float32),
    )
    count = 20_000 // rows
    decode = _repeat(lambda: codec.decode(body, exchange.JSON, headers), count)
    encode = _repeat(lambda: codec.encode(query, answer), count)
    return min(decode) / count * 1e6, min(encode) / count * 1e6


def main() -> None:
    print(f"{'µs a request':<30} {'rows':>4} {'decode':>8} {'encode':>8} {'both':>8}")
    for rows in (1, 32):
        for case in cases(rows):
            decode, encode = microseconds(case, rows)
            print(f"{case[0]:<30} {rows:>4} {decode:>8.1f} {encode:>8.1f} {decode + encode:>8.1f}")


def _repeat(call: Callable[[], object], count: int) -> list[float]:
    """Of this process alone: a busy machine would else be measured too."""
    return timeit.repeat(call, number=count, repeat=7, timer=time.process_time)


def _binary(rows: int) -> tuple[bytes, dict[str, str]]:
    content = np.array(NUMBERS * rows, np.float32).tobytes()
    tensor = {
        "name": "X",
        "shape": [rows, 7],
        "datatype": "FP32",
        "parameters": {"binary_data_size": len(content)},
    }
    head = orjson.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}})
    return head + content, {"inference-header-content-length": str(len(head))}


if __name__ == "__main__":
    main()
