import numpy as np
import orjson
import pytest

from kolba.inference import signature
from kolba.inference.protocols import codecs, exchange

ROW = {
    "Pclass": 3,
    "Sex": "male",
    "Age": None,
    "SibSp": 1,
    "Parch": 0,
    "Fare": 7.25,
    "Embarked": "Q",
}
SECOND = {**ROW, "Age": 38.0, "Sex": "female"}
EXPECTED = np.array([[3, 1, np.nan, 1, 0, 7.25, 2], [3, 0, 38, 1, 0, 7.25, 2]], np.float32)
NAMES = list(ROW)
VALUES = [list(ROW.values()), list(SECOND.values())]
CSV = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,,1,0,7.25,Q\n3,female,38.0,1,0,7.25,Q\n"


@pytest.mark.parametrize(
    "document",
    [
        {"dataframe_split": {"index": [5, 6], "columns": NAMES, "data": VALUES}},
        {"dataframe_split": {"columns": NAMES[::-1], "data": [row[::-1] for row in VALUES]}},
        {"dataframe_records": [ROW, SECOND]},
        {"dataframe_records": [{k: v for k, v in ROW.items() if k != "Age"}, SECOND]},
        {"instances": [ROW, SECOND]},
        {"instances": VALUES},
        {"inputs": {name: [ROW[name], SECOND[name]] for name in NAMES}},
        {"inputs": VALUES},
        {"inputs": [ROW, SECOND]},
        {"dataframe_records": [ROW, SECOND], "params": {"a": 1}},
        {"dataframe_records": [ROW, SECOND], "params": None},
    ],
)
def test_every_form(made: codecs.Codecs, document: dict[str, object]) -> None:
    query = made.mlflow.decode(orjson.dumps(document), "application/json; charset=utf-8")
    np.testing.assert_array_equal(query.features, EXPECTED)
    assert query.parameters == (document.get("params") or {})


@pytest.mark.parametrize("content_type", ["text/csv", "application/csv; charset=UTF-8"])
def test_csv(made: codecs.Codecs, content_type: str) -> None:
    query = made.mlflow.decode(CSV.encode(), content_type)
    np.testing.assert_array_equal(query.features, EXPECTED)


def test_single_values_are_one_row(made: codecs.Codecs) -> None:
    query = made.mlflow.decode(orjson.dumps({"inputs": ROW}))
    np.testing.assert_array_equal(query.features, EXPECTED[:1])


def test_columns_that_training_dropped_are_passed_over(made: codecs.Codecs) -> None:
    split = {"columns": [*NAMES, "Name"], "data": [[*row, "Braund"] for row in VALUES]}
    query = made.mlflow.decode(orjson.dumps({"dataframe_split": split}))
    np.testing.assert_array_equal(query.features, EXPECTED)


@pytest.mark.parametrize("classes", [(0, 1), ("нет", 'д"а'), (False, True)])
def test_the_answer_is_the_labels(make, answer, classes) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric"),), target="y", classes=classes
    )
    encoded = make(found).mlflow.encode(exchange.Query(features=EXPECTED), answer)
    assert orjson.loads(encoded.body) == {"predictions": list(classes)}
    assert encoded.content_type == "application/json"
    assert encoded.headers["Kolba-Prediction-Id"] == "p-1"


WITHOUT_AGE = {name: value for name, value in ROW.items() if name != "Age"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "body"),
        ([], "body"),
        ([ROW], "body"),
        ("text", "body"),
        ({"rows": [ROW]}, "body"),
        ({"instances": [ROW], "inputs": [ROW]}, "body"),
        ({"dataframe_records": [ROW], "params": []}, "params"),
        ({"dataframe_records": [ROW], "params": "x"}, "params"),
        ({"dataframe_split": VALUES}, "dataframe_split"),
        ({"dataframe_split": {"data": VALUES}}, "dataframe_split.columns"),
        ({"dataframe_split": {"columns": [1], "data": VALUES}}, "dataframe_split.columns"),
        ({"dataframe_split": {"columns": "Age", "data": VALUES}}, "dataframe_split.columns"),
        (
            {"dataframe_split": {"columns": [*NAMES, "Age"], "data": VALUES}},
            "dataframe_split.columns",
        ),
        ({"dataframe_split": {"columns": NAMES[1:], "data": VALUES}}, "dataframe_split.columns"),
        ({"dataframe_split": {"columns": NAMES}}, "dataframe_split.data"),
        ({"dataframe_split": {"columns": NAMES, "data": []}}, "dataframe_split.data"),
        ({"dataframe_split": {"columns": NAMES, "data": {}}}, "dataframe_split.data"),
        ({"dataframe_split": {"columns": NAMES, "data": [ROW]}}, "dataframe_split.data.0"),
        (
            {"dataframe_split": {"columns": NAMES, "data": [VALUES[0], VALUES[0][1:]]}},
            "dataframe_split.data.1",
        ),
        (
            {
                "dataframe_split": {
                    "columns": [*NAMES, "Agee"],
                    "data": [[*VALUES[0], 1]],
                }
            },
            "dataframe_split.data.0.Agee",
        ),
        ({"dataframe_records": {}}, "dataframe_records"),
        ({"dataframe_records": []}, "dataframe_records"),
        ({"dataframe_records": ROW}, "dataframe_records"),
        ({"dataframe_records": [1]}, "dataframe_records"),
        ({"dataframe_records": [WITHOUT_AGE]}, "dataframe_records"),
        ({"dataframe_records": [WITHOUT_AGE] * 2}, "dataframe_records"),
        ({"dataframe_records": [ROW, 1]}, "dataframe_records.1"),
        ({"dataframe_records": [{**ROW, "Agee": 1}]}, "dataframe_records.0.Agee"),
        ({"dataframe_records": [ROW, {**ROW, "Sex": "femal"}]}, "dataframe_records.1.Sex"),
        ({"instances": 5}, "instances"),
        ({"instances": []}, "instances"),
        ({"instances": [1, 2]}, "instances"),
        ({"instances": [VALUES[0], VALUES[0][1:]]}, "instances.1"),
        ({"instances": [VALUES[0], ROW]}, "instances.1"),
        ({"instances": [[VALUES[0]]]}, "instances.0"),
        ({"instances": [["x", *VALUES[0][1:]]]}, "instances.0.Pclass"),
        ({"inputs": {}}, "inputs"),
        ({"inputs": 5}, "inputs"),
        ({"inputs": "text"}, "inputs"),
        ({"inputs": WITHOUT_AGE}, "inputs"),
        ({"inputs": {**{name: [1, 1] for name in NAMES}, "Age": [1]}}, "inputs.Age"),
        ({"inputs": {**{name: [1, 1] for name in NAMES}, "Age": 1}}, "inputs.Age"),
        ({"inputs": {name: [] for name in NAMES}}, "inputs"),
        ({"inputs": {**{name: [1, 1] for name in NAMES}, "Sex": [1, 2]}}, "inputs.1.Sex"),
        ({"inputs": {**{name: [1] for name in NAMES}, "Agee": [1]}}, "inputs.0.Agee"),
    ],
)
def test_a_wrong_document_is_refused_by_field(made, refused, document, field) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: made.mlflow.decode(orjson.dumps(document)))
    assert error.status == 422
    assert error.problem("en")["errors"][0]["field"] == field


def test_the_refusal_is_in_the_words_of_mlflow(made, refused) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: made.mlflow.decode(b'{"rows": [], "instance": []}'))
    message = error.problem("en")["errors"][0]["message"]
    assert message.startswith(
        "The input must be a JSON dictionary with exactly one of the input fields"
    )
    assert message.endswith("Received: rows, instance")


@pytest.mark.parametrize(
    "text",
    ["", "Pclass,Sex\n3,male\n", CSV.replace("Age", "Agee"), CSV + "3,male\n", ",".join(NAMES)],
)
def test_a_wrong_csv_is_refused(made, refused, text) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: made.mlflow.decode(text.encode(), "text/csv"))
    assert error.problem("en")["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize(
    "document",
    [
        {"dataframe_split": {"columns": NAMES, "data": VALUES * 51}},
        {"dataframe_records": [ROW] * 101},
        {"instances": VALUES * 51},
        {"inputs": {name: [1] * 101 for name in NAMES}},
    ],
)
def test_too_many_rows(made, refused, document) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: made.mlflow.decode(orjson.dumps(document))).status == 413
    body = (CSV + "3,male,,1,0,7.25,Q\n" * 100).encode()
    assert refused(lambda: made.mlflow.decode(body, "text/csv")).status == 413
