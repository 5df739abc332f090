import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import helper
from sklearn import metrics

from kolba.contracts import summaries
from kolba.inference import bundles, decoding
from kolba.inference.sessions import memory
from kolba.inference.sessions import onnx as onnx_sessions
from kolba.ml_service.training import columns, errors, evaluation, export, job

EVERY = pytest.mark.parametrize("family", ["LogisticRegression", "RandomForest", "KNN"])


def fields(caught: pytest.ExceptionInfo[errors.Untrainable]) -> list[str]:
    return [one["field"] for one in caught.value.problem("ru")["errors"]]


@EVERY
def test_the_same_data_parameters_and_seed_give_the_same_bundle(
    train, make_job, titanic_like, family
) -> None:
    first = bundles.write(train(titanic_like, make_job(family)))
    assert bundles.write(train(titanic_like, make_job(family))) == first
    assert bundles.write(train(titanic_like, make_job(family, seed=1))) != first


@EVERY
def test_a_bundle_answers_raw_rows(train, make_job, titanic_like, family) -> None:
    bundle = bundles.read(bundles.write(train(titanic_like, make_job(family))))
    session = onnx_sessions.OnnxSession(bundle.graph, rows_per_run=bundle.signature.rows_per_run)
    rows = decoding.Decoder(bundle.signature).rows(
        [{"Sex": "female", "Pclass": 1}, {"Sex": "male", "Age": None}]
    )
    answer = session.run(rows)
    assert answer.probabilities.shape == (2, 2)
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1, atol=1e-6)


@EVERY
def test_the_summary_says_what_a_report_needs(train, make_job, titanic_like, family, heard) -> None:
    bundle = train(titanic_like, make_job(family))
    summary = summaries.Summary.model_validate(bundle.metrics)
    assert summary.split.train_rows == 128
    assert summary.split.held_out_rows == 32
    assert summary.cross_validation is not None
    assert len(summary.cross_validation.scores) == 3
    assert summary.parity.rows == 32
    assert summary.parity.labels_agree
    assert sum(map(sum, summary.confusion.counts)) == 32
    assert {one.name for one in summary.importance.features} == {
        one.name for one in bundle.signature.columns
    }
    assert {one.name for one in summary.digests} == {"dataset", "onnx"}
    assert summary.libraries["scikit-learn"]
    assert summary.seeds["split"] == 42
    assert heard.fractions == sorted(heard.fractions)
    assert [step for name, _, step in heard.metrics if name == "cross_validation_accuracy"] == [
        1,
        2,
        3,
    ]
    assert "fold 2 of 3" in " ".join(heard.messages)


def test_identifiers_and_free_text_are_dropped_with_the_reason(
    train, make_job, titanic_like
) -> None:
    bundle = train(titanic_like, make_job("LogisticRegression"))
    dropped = {one["name"]: one["reason"] for one in bundle.metrics["data"]["dropped"]}
    assert dropped == {
        "PassengerId": "identifier",
        "Name": "free_text",
        "Ticket": "free_text",
        "Cabin": "free_text",
    }
    kept = {one.name: one.categories for one in bundle.signature.columns}
    assert kept["Sex"] == ("female", "male")
    assert kept["Embarked"] == ("S", "C", "Q")


def test_other_columns_that_cannot_be_used_are_dropped_too(train, make_job, titanic_like) -> None:
    rows = titanic_like.num_rows
    table = (
        titanic_like.append_column("empty", pa.nulls(rows, pa.float64()))
        .append_column("constant", pa.array([5] * rows))
        .append_column("day", pa.array([0] * rows, pa.date32()))
        .append_column("flag", pa.array([True, False] * (rows // 2)))
        .append_column("город", pa.array(["Омск", "Уфа"] * (rows // 2)).dictionary_encode())
    )
    bundle = train(table, make_job("LogisticRegression"))
    dropped = {one["name"]: one["reason"] for one in bundle.metrics["data"]["dropped"]}
    assert dropped["empty"] == "empty"
    assert dropped["constant"] == "constant"
    assert dropped["day"] == "datetime"
    kept = {one.name: one for one in bundle.signature.columns}
    assert kept["flag"].boolean
    assert kept["город"].categories == ("Омск", "Уфа")


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        ([False, True], (False, True)),
        ([1.0, 2.0], (1, 2)),
        ([-1, 7], (-1, 7)),
        (["а", "б", "в", "г"], ("а", "б", "в", "г")),
    ],
)
def test_classes_are_those_of_the_data(train, make_job, titanic_like, values, classes) -> None:
    rows = titanic_like.num_rows
    target = pa.array((values * rows)[:rows])
    table = titanic_like.append_column("y", target)
    bundle = train(table, make_job("LogisticRegression", target="y"))
    assert bundle.signature.classes == classes
    assert [type(one) for one in bundle.signature.classes] == [type(one) for one in classes]


def with_target(table: pa.Table, values: list[object]) -> pa.Table:
    repeated = (values * table.num_rows)[: table.num_rows]
    return table.set_column(table.column_names.index("Survived"), "Survived", pa.array(repeated))


@pytest.mark.parametrize(
    "values",
    [
        [1],
        [0, 1, None],
        [0.5, 1.25, 2.5],
        list(range(1000)),
        [f"word {number}" for number in range(1000)],
        [0] * 159 + [1],
        [0] * 157 + [1] * 3,
    ],
    ids=[
        "constant",
        "missing",
        "fractional",
        "all unique",
        "all unique words",
        "one row",
        "three rows",
    ],
)
def test_a_bad_target_is_named(train, make_job, titanic_like, values) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train(with_target(titanic_like, values), make_job("LogisticRegression", folds=5))
    assert fields(caught) == ["target"]
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": "Nobody"}, "target"),
        ({"features": ("Age", "Agee")}, "features.1"),
        ({"features": ("Survived",)}, "features.0"),
        ({"features": ("Age", "Name")}, "features.1"),
    ],
)
def test_a_bad_choice_of_columns_is_named(train, make_job, titanic_like, changes, field) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train(titanic_like, make_job("LogisticRegression", **changes))
    assert fields(caught) == [field]


def test_only_chosen_features_are_used(train, make_job, titanic_like) -> None:
    bundle = train(titanic_like, make_job("LogisticRegression", features=("Sex", "PassengerId")))
    assert {one.name for one in bundle.signature.columns} == {"Sex", "PassengerId"}
    assert {one["reason"] for one in bundle.metrics["data"]["dropped"]} == {"not_chosen"}


def test_infinity_in_a_column_is_named(train, make_job, titanic_like) -> None:
    fares = titanic_like["Fare"].to_pylist()
    fares[5] = float("inf")
    table = titanic_like.set_column(
        titanic_like.column_names.index("Fare"), "Fare", pa.array(fares)
    )
    with pytest.raises(errors.Untrainable) as caught:
        train(table, make_job("LogisticRegression"))
    assert "Fare" in str(caught.value.problem("en"))


def test_more_neighbours_than_rows_is_refused(train, make_job, titanic_like) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train(titanic_like, make_job("KNN", hyperparameters={"n_neighbors": 120}))
    assert fields(caught) == ["hyperparameters"]


def test_too_few_rows_are_refused(train, make_job, titanic_like) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train(titanic_like.slice(0, 9), make_job("LogisticRegression"))
    assert fields(caught) == ["dataset_id"]


def test_a_solver_that_did_not_converge_is_told(train, make_job, titanic_like, heard) -> None:
    bundle = train(titanic_like, make_job("LogisticRegression", hyperparameters={"max_iter": 1}))
    assert any("ConvergenceWarning" in one for one in bundle.metrics["warnings"])
    assert any("ConvergenceWarning" in one for one in heard.logs)


def test_a_graph_that_disagrees_is_refused() -> None:
    class Estimator:
        def predict_proba(self, features: np.ndarray) -> np.ndarray:
            return np.tile([0.4, 0.6], (len(features), 1))

    off = memory.MemorySession(lambda features: np.tile([0.4001, 0.5999], (len(features), 1)))
    with pytest.raises(errors.ParityBroken) as caught:
        export.compare(off, Estimator(), np.zeros((3, 1), np.float32))
    assert "0.0001" in caught.value.problem("en")["detail"]
    broken = memory.MemorySession(lambda features: np.full((len(features), 2), np.nan))
    with pytest.raises(errors.ParityBroken):
        export.compare(broken, Estimator(), np.zeros((3, 1), np.float32))


def model_of(node: onnx.NodeProto, *initializers: onnx.TensorProto) -> onnx.ModelProto:
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [value], [], list(initializers))
    return helper.make_model(graph)


def test_foreign_operators_and_outside_data_are_refused() -> None:
    foreign = helper.make_node("Evil", ["x"], ["y"], domain="com.evil")
    inside = helper.make_graph([foreign], "inner", [], [])
    hidden = helper.make_node("If", ["x"], ["y"], then_branch=inside, else_branch=inside)
    outside = helper.make_tensor("t", onnx.TensorProto.FLOAT, [1], [1.0])
    outside.ClearField("float_data")
    outside.data_location = onnx.TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../../etc/passwd")
    plain = helper.make_node("Identity", ["x"], ["y"])
    export.check(model_of(plain))
    for model in (model_of(foreign), model_of(hidden), model_of(plain, outside)):
        with pytest.raises(errors.GraphRefused):
            export.check(model)


@pytest.mark.parametrize("classes", [2, 4])
def test_figures_are_those_of_scikit_learn(classes: int) -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(classes), 200)
    expected = generator.integers(0, classes, 200)
    predicted = probabilities.argmax(axis=1)
    matrix = evaluation.confusion(expected, predicted, classes)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(expected, predicted))
    found = evaluation.scores(matrix, expected, probabilities)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(expected, predicted))
    assert found["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(expected, predicted)
    )
    assert found["f1_macro"] == pytest.approx(
        metrics.f1_score(expected, predicted, average="macro")
    )
    assert found["f1_weighted"] == pytest.approx(
        metrics.f1_score(expected, predicted, average="weighted")
    )
    assert found["log_loss"] == pytest.approx(metrics.log_loss(expected, probabilities))
    score = probabilities[:, 1] if classes == 2 else probabilities
    area = metrics.roc_auc_score(expected, score, multi_class="ovr")
    assert found["roc_auc"] == pytest.approx(area)


def test_a_class_nobody_belongs_to_gives_none_not_nan() -> None:
    expected = np.array([0, 0, 0])
    probabilities = np.array([[0.9, 0.1]] * 3)
    matrix = evaluation.confusion(expected, np.array([0, 0, 0]), 2)
    assert evaluation.scores(matrix, expected, probabilities)["roc_auc"] is None
    assert evaluation.roc(expected, probabilities, ["a", "b"])[0].auc is None
    report = evaluation.classification(matrix, ["a", "b"])
    assert report.classes[1].precision is None
    assert report.classes[1].recall is None


def test_a_job_survives_its_file(tmp_path, make_job) -> None:
    request = make_job(features=("a", "b"))
    job.save(request, tmp_path / "job.json")
    assert job.load(tmp_path / "job.json") == request


def test_a_column_of_numbers_that_are_not_numbers_counts_as_missing() -> None:
    column = columns.look_at("x", pa.chunked_array([[1.0, float("nan")], [None, 2.0]]))
    assert column.missing == 2
    assert column.distinct == 2
