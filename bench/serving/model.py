"""The one model file that every contender serves, and the requests that are sent for it."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import math
import pathlib

import numpy as np
import onnxruntime
import skl2onnx
from skl2onnx.common import data_types

from bench.serving.servers import pipeline

SAMPLES = 64
"""How many different rows are sent, one a request, over and over."""

Row = tuple[float, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    onnx: pathlib.Path
    table: pathlib.Path
    """The training data as CSV with a header, for those who train their own."""
    sha256: str
    rows: tuple[Row, ...]
    """`SAMPLES` rows without gaps, since not every protocol can carry one."""
    probability: float
    """The second class's, of the first row: an answer is checked for it."""
    label: int


def make(folder: pathlib.Path) -> Model:
    """Fit the forest and write it to `folder` as ONNX: `X` `[N, 7]` in; `label`, `probabilities` out."""
    features, labels = pipeline.data()
    shape = [("X", data_types.FloatTensorType([None, len(pipeline.COLUMNS)]))]
    graph = skl2onnx.convert_sklearn(
        pipeline.fitted(), initial_types=shape, options={"zipmap": False}
    )
    content = graph.SerializeToString()
    path = folder / "titanic.onnx"
    path.write_bytes(content)
    whole = [
        tuple(round(cell, 2) for cell in row)
        for row in features.tolist()
        if not any(map(math.isnan, row))
    ]
    session = onnxruntime.InferenceSession(content)
    label, probabilities = session.run(
        ["label", "probabilities"], {"X": np.asarray(whole[:1], np.float32)}
    )
    return Model(
        onnx=path,
        table=_write_table(folder / "titanic.csv", features.tolist(), labels.tolist()),
        sha256=hashlib.sha256(content).hexdigest(),
        rows=tuple(whole[:SAMPLES]),
        probability=float(probabilities[0][1]),
        label=int(label[0]),
    )


def _write_table(path: pathlib.Path, rows: list[list[float]], labels: list[int]) -> pathlib.Path:
    whole = {
        name: place for place, name in enumerate(pipeline.COLUMNS) if name not in {"Age", "Fare"}
    }
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*pipeline.COLUMNS, "Survived"])
        for row, label in zip(rows, labels, strict=True):
            cells: list[float | int | str] = [
                "" if math.isnan(cell) else round(cell, 2) for cell in row
            ]
            for place in whole.values():
                cells[place] = int(row[place])
            writer.writerow([*cells, label])
    return path
