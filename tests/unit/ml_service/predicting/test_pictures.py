"""A data set of pictures is answered as each of them is alone; what is no picture is named by its row."""

from __future__ import annotations

import base64
import hashlib
import pathlib
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from onnx import helper, numpy_helper

from kolba.contracts import batch_predictions, datasets
from kolba.inference import bundles, images, signature
from kolba.inference.sessions import onnx as sessions
from kolba.kit import text
from kolba.ml_service.predicting import batch, columns, errors, fitting, jobs, request

READ = signature.Signature(
    columns=(signature.Column(name="image", kind="image", shape=(28, 28)),),
    target="label",
    classes=tuple(range(10)),
)


def drawing(seed: int) -> bytes:
    sheet = np.full((64, 64), 255, np.uint8)
    y, x = np.random.default_rng(seed).integers(0, 30, 2)
    sheet[y : y + 30, x : x + 4] = 0
    sheet[y : y + 4, x : x + 20] = 0
    return images.to_png(sheet)


def graph() -> bytes:
    weights = np.random.default_rng(1).normal(0, 0.1, (784, 10)).astype(np.float32)
    made = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "digits",
        [helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, [None, 784])],
        [
            helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, [None, 10]),
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(made, opset_imports=opset, ir_version=9).SerializeToString())


@pytest.fixture
def bundle(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "bundle.zip"
    content = bundles.Bundle(graph=graph(), signature=READ, metrics={}, reference={})
    path.write_bytes(bundles.write(content))
    return path


class Silent:
    def progress(
        self, fraction: float, message: text.Text, data: dict[str, Any] | None = None
    ) -> None: ...


def run(bundle: pathlib.Path, table: pa.Table) -> pa.Table:
    data, target = bundle.with_name("data.parquet"), bundle.with_name("answers.parquet")
    pq.write_table(table, data)
    digest = bundles.digest(bundle.read_bytes())
    asked = jobs.Batch(bundle_sha256=digest, on_unknown="fail", threads=1)
    batch.predict(asked, data=data, bundle=bundle, target=target, told=Silent())
    return pq.read_table(target)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_data_set_of_pictures_is_answered(
    bundle: pathlib.Path, kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_PART_PICTURES", 7)
    monkeypatch.setattr(batch, "_GROUP_BYTES", 2_000)
    files = [drawing(seed) for seed in range(20)]
    table = pa.table({"number": range(20), "image": pa.array(files, kind)})
    answers = run(bundle, table)
    assert answers.select(["number", "image"]).equals(table)
    expected = sessions.OnnxSession(graph()).run(
        np.stack([images.digit_of_file(one) for one in files])
    )
    assert answers["prediction"].to_pylist() == expected.labels.tolist()
    assert np.allclose(answers["probability_3"], expected.probabilities[:, 3], atol=1e-6)


def test_what_is_no_picture_is_named_by_its_row() -> None:
    empty = images.to_png(np.zeros((28, 28), np.uint8))
    values = pa.array([drawing(1), b"GIF89a", None, empty, drawing(2)], pa.binary())
    decoder = columns.ColumnDecoder(READ)
    with pytest.raises(errors.UnfitRows) as refused:
        decoder.features(pa.RecordBatch.from_pydict({"image": values}), 101)
    english, russian = (refused.value.problem(language)["errors"] for language in ("en", "ru"))
    assert [one["field"] for one in english] == [
        "rows.102.image",
        "rows.103.image",
        "rows.104.image",
    ]
    assert "row 102, column `image`: it is a GIF" in english[0]["message"]
    assert "нужно значение" in russian[1]["message"]
    assert "nothing is drawn" in english[2]["message"]


def test_of_many_wrong_pictures_the_first_are_told() -> None:
    values = pa.array([b"no picture"] * 1000, pa.binary())
    with pytest.raises(errors.UnfitRows) as refused:
        columns.ColumnDecoder(READ).features(pa.RecordBatch.from_pydict({"image": values}), 1)
    assert len(refused.value.problem("en")["errors"]) == 20


@pytest.mark.parametrize(("kind", "fits"), [("image", True), ("text", False), ("number", False)])
def test_only_images_are_images(kind: Any, fits: bool) -> None:
    found = datasets.Dataset.model_construct(
        rows=3,
        columns=[datasets.Column.model_construct(name="image", type=kind, missing=0, distinct=3)],
    )
    if fits:
        fitting.check(READ, found)
        return
    with pytest.raises(errors.UnfitDataset) as refused:
        fitting.check(READ, found)
    assert "images" in refused.value.problem("en")["errors"][0]["message"]


def test_a_drawing_asked_about_for_later_is_kept_with_its_answer(bundle: pathlib.Path) -> None:
    file = drawing(3)
    body, encoding = batch_predictions.written(file)
    prediction = batch_predictions.QueuedPrediction(
        id="0" * 32,
        at="2026-01-01T00:00:00Z",
        person="anna",
        model_id=1,
        model="digits",
        version="v",
        protocol="plain",
        request_id="r",
        input='{"images":1}',
        input_is_json=True,
        input_truncated=False,
    )
    asked = jobs.Request(
        bundle_sha256=bundles.digest(bundle.read_bytes()),
        parameters=batch_predictions.RequestParameters(
            prediction=prediction,
            body=body,
            encoding=encoding,
            content_type="image/png",
            max_rows=10,
        ),
    )
    outcome = request.answer(asked, bundle)
    assert outcome.rows == 1
    assert base64.b64decode(outcome.pictures[0]) == file
    assert outcome.images == [hashlib.sha256(file).hexdigest()]
