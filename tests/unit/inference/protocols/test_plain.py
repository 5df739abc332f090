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
CSV = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,,1,0,7.25,Q"
EXPECTED = np.array([[3, 1, np.nan, 1, 0, 7.25, 2]], np.float32)


@pytest.mark.parametrize(
    "document",
    [
        {"rows": [ROW]},
        {"data": [ROW]},
        {"data": ROW},
        {"data": CSV},
        {"data": CSV + "\n"},
        [ROW],
        ROW,
    ],
)
def test_every_form_of_one_row(made: codecs.Codecs, document: object) -> None:
    query = made.plain.decode(orjson.dumps(document), "application/json")
    np.testing.assert_array_equal(query.features, EXPECTED)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/csv",
        "application/csv",
        "Text/CSV; header=present",
        'text/csv; charset="UTF-8"',
        "text/csv;charset=windows-1251",
        "text/csv; charset=us-ascii",
    ],
)
def test_csv(made: codecs.Codecs, content_type: str) -> None:
    query = made.plain.decode(CSV.encode(), content_type)
    np.testing.assert_array_equal(query.features, EXPECTED)


def test_csv_in_the_encoding_that_it_names(make) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="пол", kind="categorical", categories=("ж", "м")),),
        target="y",
        classes=(0, 1),
    )
    text = "пол\nм\nж\n"
    for charset in ("windows-1251", "koi8-r", "utf-16", "utf-8"):
        query = make(found).plain.decode(text.encode(charset), f"text/csv; charset={charset}")
        np.testing.assert_array_equal(query.features, [[1], [0]])
    query = make(found).plain.decode(text.encode("utf-8-sig"), "text/csv")
    np.testing.assert_array_equal(query.features, [[1], [0]])


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "application/json; charset=utf-8", "application/vnd.kolba+json"],
)
def test_json(made: codecs.Codecs, content_type: str | None) -> None:
    query = made.plain.decode(orjson.dumps([ROW] * 3), content_type)
    assert query.features.shape == (3, 7)


def test_the_answer(made: codecs.Codecs, answer: exchange.Answer) -> None:
    encoded = made.plain.encode(exchange.Query(features=EXPECTED), answer)
    assert encoded.content_type == "application/json"
    assert encoded.headers == {"Kolba-Prediction-Id": "p-1"}
    assert orjson.loads(encoded.body) == {
        "model": "titanic",
        "version": "v1",
        "prediction_id": "p-1",
        "predictions": [
            {"label": 0, "probabilities": {"0": 0.82, "1": 0.18}},
            {"label": 1, "probabilities": {"0": 0.25, "1": 0.75}},
        ],
    }


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (("50%", 'a"b%b{}'), ["50%", 'a"b%b{}']),
        ((False, True), ["false", "true"]),
        (("да", "нет"), ["да", "нет"]),
        ((-1, 1), ["-1", "1"]),
    ],
)
def test_classes_as_they_stand_in_the_data(make, answer, classes, names) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric"),), target="y", classes=classes
    )
    body = make(found).plain.encode(exchange.Query(features=EXPECTED), answer).body
    predictions = orjson.loads(body)["predictions"]
    assert [one["label"] for one in predictions] == list(classes)
    assert list(predictions[0]["probabilities"]) == names


def test_a_single_class(make) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric"),), target="y", classes=("only",)
    )
    answer = exchange.Answer(
        prediction_id="p", labels=np.zeros(2, np.int64), probabilities=np.ones((2, 1))
    )
    body = make(found).plain.encode(exchange.Query(features=EXPECTED), answer).body
    assert (
        orjson.loads(body)["predictions"] == [{"label": "only", "probabilities": {"only": 1.0}}] * 2
    )


def test_a_slice_of_a_batch_is_answered_as_it_is(made: codecs.Codecs) -> None:
    labels = np.arange(8) % 2
    probabilities = np.stack([labels, 1 - labels], axis=1).astype(np.float32)
    answer = exchange.Answer(
        prediction_id="p", labels=labels[3:5], probabilities=probabilities[3:5]
    )
    body = made.plain.encode(exchange.Query(features=EXPECTED), answer).body
    assert [one["label"] for one in orjson.loads(body)["predictions"]] == [1, 0]


def test_a_column_may_be_called_data(make) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(
            signature.Column(name="data", kind="numeric"),
            signature.Column(name="rows", kind="categorical", categories=("x",)),
        ),
        target="y",
        classes=(0, 1),
    )
    row = {"data": 5, "rows": "x"}
    for document in (row, [row], {"data": row}, {"rows": [row]}, {"data": "data,rows\n5,x"}):
        query = make(found).plain.decode(orjson.dumps(document))
        np.testing.assert_array_equal(query.features, [[5, 0]])


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (7, "body"),
        ("text", "body"),
        (None, "body"),
        ([], "body"),
        ({}, "0"),
        ([1], "0"),
        ([[3, "male"]], "0"),
        ([ROW, None], "1"),
        ({"rows": []}, "rows"),
        ({"rows": {}}, "rows"),
        ({"rows": ROW}, "rows"),
        ({"rows": CSV}, "rows"),
        ({"rows": 5}, "rows"),
        ({"rows": None}, "rows"),
        ({"data": 5}, "data"),
        ({"data": ""}, "data"),
        ({"data": "Pclass,Sex\n3"}, "data"),
        ({"data": "Pclass,Agee\n3,4"}, "data.Agee"),
        ({"data": "Pclass,Sex\n3,femal"}, "data.0.Sex"),
        ({"rows": [ROW], "data": [ROW]}, "data"),
        ({"rows": [ROW], "limit": 3}, "limit"),
        ({"limit": 3, "rows": [ROW]}, "limit"),
        ({"rows": [{**ROW, "Agee": 1}]}, "rows.0.Agee"),
        ({"rows": [ROW, {**ROW, "Sex": "femal"}]}, "rows.1.Sex"),
        ({"rows": [{**ROW, "Age": "22"}]}, "rows.0.Age"),
        ({"rows": [{**ROW, "Age": [22]}]}, "rows.0.Age"),
        ({"rows": [{**ROW, "Age": 1e300}]}, "rows.0.Age"),
        ({**ROW, "Sex": 7}, "0.Sex"),
    ],
)
def test_a_wrong_document_is_refused_by_field(made, refused, document, field) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: made.plain.decode(orjson.dumps(document)))
    assert error.status == 422
    assert error.problem("en")["errors"][0]["field"] == field


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'rows': []}",
        b'{"rows": [{"Age": NaN}]}',
        b'{"rows": [{"Age": -Infinity}]}',
        b'{"rows": [{"Age": 1e999}]}',
        b'{"rows": ["\xff"]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x00",
    ],
)
def test_what_is_not_json_is_refused(made, refused, name, body) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: getattr(made, name).decode(body))
    assert (error.status, error.slug) == (400, "malformed-body")
    if b"NaN" in body or b"Inf" in body:
        assert "null" in error.render_detail("en")


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@pytest.mark.parametrize(
    "frame",
    [
        b"%b",
        b'{"rows":[{"Age":%b}]}',
        b'{"rows":[{"Sex":%b}]}',
        b'{"data":%b}',
        b'{"instances":[[%b,1,1,1,1,1,1]]}',
        b'{"inputs":{"Age":%b}}',
        b'{"inputs":[{"name":"X","shape":[1,7],"datatype":"FP32","data":%b}]}',
        b'{"inputs":[{"name":"X","shape":[1,7],"datatype":"FP32","data":[1,1,1,1,1,1,%b]}]}',
        b'{"inputs":[{"name":"X","shape":%b,"datatype":"FP32","data":[1]}]}',
    ],
)
@pytest.mark.parametrize("pair", [b"[]", (b'{"a":', b"}")])
def test_nesting_that_json_still_allows_is_refused(made, refused, name, frame, pair) -> None:  # type: ignore[no-untyped-def]
    opening, closing = (pair[:1], pair[1:]) if isinstance(pair, bytes) else pair
    body = frame % (opening * 1000 + b"1" + closing * 1000)
    assert refused(lambda: getattr(made, name).decode(body)).status == 422


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "multipart/form-data",
        "application/json; charset=windows-1251",
        "text/csv; charset=rot13",
        "text/csv; charset=zlib",
        "text/csv; charset=idna",
        "application/jsonl",
        "x" * 10_000,
    ],
)
def test_content_types_that_are_not_understood(made, refused, name, content_type) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: getattr(made, name).decode(b"{}", content_type))
    assert (error.status, error.slug) == (415, "unsupported-media-type")
    assert "application/json" in error.render_detail("en") or "text/csv" in error.render_detail(
        "en"
    )
    assert len(error.render_detail("en")) < 1000


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("spaces", [b"", b" \n\t"])
def test_json_typed_with_a_plain_curl_is_json(made, spaces) -> None:  # type: ignore[no-untyped-def]
    row = {
        "Pclass": 3,
        "Sex": "male",
        "Age": 22,
        "SibSp": 1,
        "Parch": 0,
        "Fare": 7,
        "Embarked": "S",
    }
    tensor = {"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [3, 1, 22, 1, 0, 7, 0]}
    bodies = {
        "plain": [{"rows": [row]}, [row]],
        "v2": [{"inputs": [tensor]}],
        "mlflow": [{"dataframe_records": [row]}],
    }
    for name, documents in bodies.items():
        for document in documents:
            body = spaces + orjson.dumps(document)
            found = getattr(made, name).decode(body, f"{FORM}; charset=utf-8")
            assert found.features.tolist() == [[3, 1, 22, 1, 0, 7, 0]]


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@pytest.mark.parametrize("body", [b"", b"Pclass=3&Sex=male", b"Pclass,Sex\n3,male\n", b"%7B%7D"])
def test_a_form_is_not_understood(made, refused, name, body) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: getattr(made, name).decode(body, FORM)).status == 415


def test_csv_is_not_understood_as_tensors(made, refused) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: made.v2.decode(CSV.encode(), "text/csv")).status == 415


@pytest.mark.parametrize("name", ["plain", "mlflow"])
def test_bytes_that_are_not_in_the_charset(made, refused, name) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: getattr(made, name).decode(b"Pclass\n\xff", "text/csv"))
    assert error.problem("en")["errors"][0]["field"] == "body"


@pytest.mark.parametrize(
    "document", [{"rows": [ROW] * 101}, {"data": [ROW] * 101}, [ROW] * 101, {"data": CSV * 101}]
)
def test_too_many_rows(made, refused, document) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: made.plain.decode(orjson.dumps(document)))
    assert (error.status, error.slug) == (413, "too-many-rows")
    assert error.details["limit"] == 100


def test_the_limit_itself_is_allowed(made: codecs.Codecs) -> None:
    assert len(made.plain.decode(orjson.dumps([ROW] * 100)).features) == 100
    header, row = CSV.split("\n")
    text = "\n".join([header, *[row] * 100])
    assert len(made.plain.decode(text.encode(), "text/csv").features) == 100
    assert len(made.plain.decode(text.encode() + b"\n", "text/csv").features) == 100
