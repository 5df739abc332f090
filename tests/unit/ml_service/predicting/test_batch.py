"""A data set is answered as its rows are online, part after part."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kolba.contracts import batch_predictions
from kolba.inference import bundles, decoding
from kolba.inference import errors as inference_errors
from kolba.inference.protocols import codecs, exchange
from kolba.inference.sessions import onnx
from kolba.kit import text
from kolba.ml_service.predicting import batch, errors, jobs, request

Make = Callable[..., bundles.Bundle]


class Heard:
    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []
        self.messages: list[str] = []

    def progress(
        self, fraction: float, message: text.Text, data: dict[str, Any] | None = None
    ) -> None:
        self.messages += [message.render("en"), message.render("ru")]
        self.data.append({"fraction": fraction, **(data or {})})


class Batch:
    """One prediction over a table, in a folder."""

    def __init__(self, folder: pathlib.Path, bundle: bundles.Bundle) -> None:
        self.bundle = folder / "bundle.zip"
        self.bundle.write_bytes(bundles.write(bundle))
        self.digest = bundles.digest(self.bundle.read_bytes())
        self.data = folder / "data.parquet"
        self.target = folder / "answers.parquet"
        self.heard = Heard()

    def run(self, table: pa.Table, on_unknown: str = "fail", group: int = 50) -> jobs.BatchOutcome:
        pq.write_table(table, self.data, row_group_size=group)
        asked = jobs.Batch(bundle_sha256=self.digest, on_unknown=on_unknown, threads=1)
        return batch.predict(
            asked, data=self.data, bundle=self.bundle, target=self.target, told=self.heard
        )

    def answers(self) -> pa.Table:
        return pq.read_table(self.target)


@pytest.fixture
def begin(tmp_path, train: Make, make_job) -> Callable[[pa.Table], Batch]:
    """A random forest trained on the table, and a folder to ask it in."""
    return lambda table: Batch(tmp_path, train(table, make_job()))


def online(bundle: bundles.Bundle, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What `POST /predict/{model}` answers."""
    described = exchange.Model(
        name="m",
        version="v",
        signature=bundle.signature,
        decoder=decoding.Decoder(bundle.signature),
    )
    codec = codecs.build(described).plain
    query = codec.decode(orjson.dumps({"rows": rows}))
    found = onnx.OnnxSession(bundle.graph).run(query.features)
    answer = exchange.Answer(
        prediction_id="p", labels=found.labels, probabilities=found.probabilities
    )
    return dict(orjson.loads(codec.encode(query, answer).body))


def without_nan(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def is_nan(value: Any) -> bool:
        return isinstance(value, float) and math.isnan(value)

    return [{name: None if is_nan(one) else one for name, one in row.items()} for row in rows]


@pytest.mark.parametrize("family", ["RandomForest", "LogisticRegression", "KNN"])
def test_batch_and_online_give_the_same_answers(
    family, train: Make, titanic_like, make_job, tmp_path
) -> None:
    bundle = train(titanic_like, make_job(family))
    work = Batch(tmp_path, bundle)
    outcome = work.run(titanic_like)
    answers = work.answers()
    assert outcome.rows == titanic_like.num_rows == answers.num_rows
    assert answers.column_names[: titanic_like.num_columns] == titanic_like.column_names
    rows = without_nan(titanic_like.to_pylist())
    told = online(bundle, rows)["predictions"]
    assert answers["prediction"].to_pylist() == [one["label"] for one in told]
    for name in ("0", "1"):
        expected = [one["probabilities"][name] for one in told]
        assert answers[f"probability_{name}"].to_pylist() == expected


def test_codes_are_words_to_a_batch_too(train: Make, titanic_like, make_job, tmp_path) -> None:
    work = Batch(tmp_path, train(titanic_like, make_job()))
    work.run(titanic_like)
    in_words = work.answers()
    coded = titanic_like
    for name, words in (("Sex", ["female", "male"]), ("Embarked", ["S", "C", "Q"])):
        codes = [None if one is None else words.index(one) for one in coded[name].to_pylist()]
        coded = coded.set_column(coded.column_names.index(name), name, pa.array(codes))
    work.run(coded)
    for name in ("prediction", "probability_0", "probability_1"):
        assert work.answers()[name].equals(in_words[name])


def test_an_unknown_category_ends_it_or_is_missing(
    train: Make, titanic_like, make_job, tmp_path
) -> None:
    work = Batch(tmp_path, train(titanic_like, make_job()))
    at = titanic_like.column_names.index("Embarked")
    words = titanic_like["Embarked"].to_pylist()
    words[120] = "Zürich"
    table = titanic_like.set_column(at, "Embarked", pa.array(words))
    with pytest.raises(errors.UnfitRows) as refused:
        work.run(table)
    detail = refused.value.problem("en")["detail"]
    for part in ("row 121", "`Embarked`", "`Zürich`", "S, C, Q"):
        assert part in detail
    assert work.run(table, "missing").unknown == {"Embarked": 1}
    counted = work.answers()
    words[120] = None
    assert work.run(titanic_like.set_column(at, "Embarked", pa.array(words))).unknown == {}
    assert work.answers()["probability_0"].equals(counted["probability_0"])


def test_columns_of_the_same_name_stay_beside_the_answers(
    train: Make, titanic_like, make_job, tmp_path
) -> None:
    work = Batch(tmp_path, train(titanic_like, make_job()))
    mine = pa.array(["mine"] * titanic_like.num_rows)
    table = titanic_like.append_column("prediction", mine).append_column("prediction_2", mine)
    outcome = work.run(table.append_column("probability_1", mine))
    assert outcome.prediction == "prediction_3"
    assert outcome.probabilities == {"0": "probability_0", "1": "probability_1_2"}
    answers = work.answers()
    assert answers["prediction"].to_pylist() == mine.to_pylist()
    assert answers["prediction_3"].type == pa.int64()


@pytest.mark.parametrize(
    ("classes", "kind"), [((False, True), pa.bool_()), (("no", "да"), pa.string())]
)
def test_answers_have_the_type_of_the_classes(classes, kind, titanic_like, begin) -> None:
    at = titanic_like.column_names.index("Survived")
    values = pa.array([classes[one] for one in titanic_like["Survived"].to_pylist()])
    table = titanic_like.set_column(at, "Survived", values)
    work = begin(table)
    outcome = work.run(table)
    answers = work.answers()
    assert answers["prediction"].type == kind
    assert set(answers["prediction"].to_pylist()) == set(classes)
    names = exchange.class_texts(classes)
    assert list(outcome.probabilities.values()) == [f"probability_{name}" for name in names]


def test_it_says_how_far_it_is(train: Make, titanic_like, make_job, tmp_path) -> None:
    work = Batch(tmp_path, train(titanic_like, make_job()))
    work.run(titanic_like)
    last = work.heard.data[-1]
    assert (last["fraction"], last["rows"], last["total"]) == (1.0, 160, 160)
    assert last["rows_per_second"] > 0
    assert "160 of 160 rows" in work.heard.messages[-2]


def test_another_bundle_than_the_registered_is_refused(
    train: Make, titanic_like, make_job, tmp_path
) -> None:
    work = Batch(tmp_path, train(titanic_like, make_job()))
    work.digest = "0" * 64
    with pytest.raises(inference_errors.BadBundle):
        work.run(titanic_like)


@pytest.mark.parametrize("protocol", ["plain", "v2", "mlflow"])
def test_a_request_for_later_is_answered_in_its_protocol(
    protocol, train: Make, titanic_like, make_job, tmp_path
) -> None:
    bundle = train(titanic_like, make_job())
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundles.write(bundle))
    row = {"Pclass": 3, "Sex": "male", "Age": None, "SibSp": 0, "Parch": 0, "Fare": 7.25}
    row |= {"Embarked": None}
    tensor = {
        "name": "X",
        "shape": [1, 7],
        "datatype": "FP32",
        "data": [3, 1, 30, 0, 0, 7.25, 2],
    }
    bodies = {
        "plain": {"rows": [row]},
        "v2": {"inputs": [tensor]},
        "mlflow": {"dataframe_records": [row]},
    }
    content, encoding = batch_predictions.written(orjson.dumps(bodies[protocol]))
    asked = batch_predictions.RequestParameters.model_validate(
        {
            "prediction": {
                "id": "0" * 32,
                "at": "2026-01-01T00:00:00Z",
                "person": "ada",
                "model_id": 1,
                "model": "m",
                "version": "v",
                "protocol": protocol,
                "request_id": "r",
                "input": "",
                "input_truncated": False,
            },
            "body": content,
            "encoding": encoding,
            "max_rows": 10,
        }
    )
    digest = bundles.digest(path.read_bytes())
    found = request.answer(jobs.Request(bundle_sha256=digest, parameters=asked), path)
    assert found.result["content_type"] == "application/json"
    assert found.result["body"]
    assert found.rows == 1
    ((label, probabilities),) = found.output
    assert label in (0, 1)
    assert np.isclose(sum(probabilities), 1, atol=1e-6)
    if protocol == "plain":
        (told,) = online(bundle, [row])["predictions"]
        assert found.result["body"]["predictions"] == [told]
        assert found.result["body"]["prediction_id"] == "0" * 32


@pytest.mark.parametrize("body", [b"{}", "Пассажир".encode(), b"\xff\x00", b"a\x00b", b""])
def test_any_body_comes_out_of_a_run_as_it_went_in(body: bytes) -> None:
    content, encoding = batch_predictions.written(body)
    assert "\0" not in content
    kept = batch_predictions.RequestParameters.model_construct(body=content, encoding=encoding)
    assert kept.content() == body
